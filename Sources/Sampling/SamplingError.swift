/// Why a denoising cannot be set up.
public enum SamplingError: Error, Equatable, CustomStringConvertible {
    /// A sampler configuration that is not JSON or whose field has the wrong type.
    case malformedConfiguration(file: String, reason: String)
    /// A class of sampler that is not known.
    case unknownClass(String)
    /// A field of the configuration whose value is not supported.
    case unsupportedValue(field: String, value: String, supported: String)
    /// A sampler name that is not known.
    case unknownSampler(String)
    /// A schedule name that is not known.
    case unknownSchedule(String)
    /// A schedule that a sampler has no definition for.
    case unsupportedSchedule(String, sampler: String, supported: String)
    /// A number of steps that the sampler cannot take.
    case stepCount(Int, sampler: String, supported: ClosedRange<Int>)
    /// A number of a request that is out of its range: a part of a denoising, an amount of noise.
    case outOfRange(String, value: Double, expected: String)
    /// An adaptive sampler that came to no end.
    case notConverged(sampler: String, evaluations: Int)

    /// One line for people.
    public var description: String {
        switch self {
        case .malformedConfiguration(let file, let reason): "\(file): \(reason)"
        case .unknownClass(let name):
            "\"\(name)\" is not a sampler class that is supported; supported are "
                + SamplerKind.allCases.map(\.className).joined(separator: ", ")
        case .unsupportedValue(let field, let value, let supported):
            "sampler configuration: \(field) \(value) is not supported; supported: \(supported)"
        case .unknownSampler(let name):
            "there is no sampler \"\(name)\"; use one of "
                + SamplerName.allCases.map(\.rawValue).joined(separator: ", ")
        case .unknownSchedule(let name):
            "there is no schedule \"\(name)\"; use one of "
                + ScheduleName.allCases.map(\.rawValue).joined(separator: ", ")
        case .unsupportedSchedule(let schedule, let sampler, let supported):
            "the schedule \(schedule) is not defined for \(sampler); use one of \(supported)"
        case .stepCount(let count, let sampler, let supported):
            "\(count) steps: \(sampler) takes \(supported.lowerBound) to \(supported.upperBound) here"
        case .outOfRange(let field, let value, let expected): "\(field) is \(value), expected \(expected)"
        case .notConverged(let sampler, let evaluations):
            "\(sampler) came to no end within \(evaluations) evaluations of the model; use a sampler with fixed steps"
        }
    }
}
