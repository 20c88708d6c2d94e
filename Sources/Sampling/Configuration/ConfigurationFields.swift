import FoundationEssentials

/// The fields that a `scheduler_config.json` holds, before they are given a meaning.
///
/// Python writes infinities and NaN as JSON has them not, so the looser JSON5 is read.
struct ConfigurationFields: Sendable, Equatable {
    private let values: [String: Value]
    let file: String

    init(json: [UInt8], file: String) throws(SamplingError) {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            self.init(try decoder.decode([String: Value].self, from: Data(json)), file: file)
        } catch {
            throw .malformedConfiguration(file: file, reason: "not a JSON object")
        }
    }

    private init(_ values: [String: Value], file: String) {
        self.values = values
        self.file = file
    }

    /// The same fields with `changes` in place of what they were.
    func setting(_ changes: [String: Value]) -> ConfigurationFields {
        ConfigurationFields(values.merging(changes) { $1 }, file: file)
    }

    func flag(_ name: String, _ fallback: Bool) throws(SamplingError) -> Bool {
        switch values[name] {
        case nil: return fallback
        case .null: return false
        case .flag(let flag): return flag
        default: throw wrongType(name, expected: "true or false")
        }
    }

    func number(_ name: String, _ fallback: Double) throws(SamplingError) -> Double {
        try number(name) ?? fallback
    }

    /// A finite number.
    func number(_ name: String) throws(SamplingError) -> Double? {
        switch values[name] {
        case nil, .null: return nil
        case .number(let number) where number.isFinite: return number
        default: throw wrongType(name, expected: "a number")
        }
    }

    func numberOrInfinity(_ name: String, _ fallback: Double) throws(SamplingError) -> Double {
        if case .number(let number) = values[name], number.isInfinite { return number }
        return try number(name, fallback)
    }

    /// A number from 0 to 1.
    func fraction(_ name: String, _ fallback: Double) throws(SamplingError) -> Double {
        let number = try number(name, fallback)
        guard 0...1 ~= number else {
            throw .unsupportedValue(field: name, value: "\(number)", supported: "0 to 1")
        }
        return number
    }

    func integer(_ name: String, _ fallback: Int, in range: ClosedRange<Int>) throws(SamplingError) -> Int {
        let number = try number(name, Double(fallback))
        guard let integer = Int(exactly: number), range.contains(integer) else {
            throw .unsupportedValue(
                field: name, value: "\(number)", supported: "\(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func numbers(_ name: String) throws(SamplingError) -> [Double]? {
        switch values[name] {
        case nil, .null: return nil
        case .list(let list):
            var numbers: [Double] = []
            for case .number(let number) in list where number.isFinite { numbers.append(number) }
            guard numbers.count == list.count else { throw wrongType(name, expected: "a list of numbers") }
            return numbers
        default: throw wrongType(name, expected: "a list of numbers")
        }
    }

    func text(_ name: String) throws(SamplingError) -> String? {
        switch values[name] {
        case nil, .null: return nil
        case .text(let text): return text
        default: throw wrongType(name, expected: "a string")
        }
    }

    /// One of the closed choices that `Choice` lists, of which `excluded` are not supported here.
    func choice<Choice: RawRepresentable & CaseIterable & Equatable>(
        _ name: String, _ fallback: Choice, except excluded: [Choice] = []
    ) throws(SamplingError) -> Choice where Choice.RawValue == String {
        guard let text = try text(name) else { return fallback }
        let supported = Choice.allCases.filter { !excluded.contains($0) }
        guard let choice = supported.first(where: { $0.rawValue == text }) else {
            throw .unsupportedValue(
                field: name, value: text, supported: supported.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// Refuses a flag that asks for what is not implemented.
    func refuse(_ name: String) throws(SamplingError) {
        if try flag(name, false) { throw .unsupportedValue(field: name, value: "true", supported: "false") }
    }

    private func wrongType(_ name: String, expected: String) -> SamplingError {
        .malformedConfiguration(file: file, reason: "\(name): expected \(expected)")
    }

    /// One JSON value, as far as configurations use them.
    enum Value: Decodable, Equatable, Sendable {
        case null
        case flag(Bool)
        case number(Double)
        case text(String)
        case list([Value])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // A failed attempt says only that the value is of another kind.
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else {
                self = .other
            }
        }
    }
}
