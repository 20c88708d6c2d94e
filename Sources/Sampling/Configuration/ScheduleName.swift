/// The schedules that a person may ask for by name; raw values are ComfyUI's names.
public enum ScheduleName: String, Hashable, Sendable, CaseIterable {
    /// What AUTOMATIC1111 takes for the sampler: Karras for DPM++ 2M, exponential for DPM++ 2M SDE, else the model's own.
    case automatic
    /// Noise levels at the timesteps that the model's own spacing gives.
    case uniform
    case karras, exponential
    /// `trailing` timesteps, the last of training first.
    case sgmUniform = "sgm_uniform"
    /// The same as ``sgmUniform``.
    case simple
    /// `linspace` timesteps, from the last of training to the first.
    case normal
    /// `leading` timesteps, shifted by one.
    case ddimUniform = "ddim_uniform"
    case beta

    /// Reads ComfyUI's and AUTOMATIC1111's names in any case: `sgm_uniform`, `SGM Uniform`.
    public static func parse(_ text: String) throws(SamplingError) -> ScheduleName {
        let key = nameKey(text)
        guard let name = byKey.first(where: { $0.key == key })?.schedule else { throw .unknownSchedule(text) }
        return name
    }

    /// AUTOMATIC1111's name, as it writes it into images: `SGM Uniform`.
    public var infotextName: String {
        switch self {
        case .automatic: "Automatic"
        case .uniform: "Uniform"
        case .karras: "Karras"
        case .exponential: "Exponential"
        case .sgmUniform: "SGM Uniform"
        case .simple: "Simple"
        case .normal: "Normal"
        case .ddimUniform: "DDIM"
        case .beta: "Beta"
        }
    }

    /// How it spaces the noise levels themselves, nil where it spaces the timesteps.
    var sigmaSpacing: SigmaSpacing? {
        switch self {
        case .karras: .karras
        case .exponential: .exponential
        case .beta: .beta
        default: nil
        }
    }

    /// What the name says of the fields of a configuration.
    func fields(for sampler: SamplerName) -> [String: ConfigurationFields.Value] {
        func spacing(_ flag: String?, _ others: [String: ConfigurationFields.Value] = [:])
            -> [String: ConfigurationFields.Value]
        {
            var fields = others
            for name in ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas"] {
                fields[name] = .flag(name == flag)
            }
            return fields
        }
        return switch self {
        case .automatic:
            switch sampler {
            case .dpmPlusPlus2M: spacing("use_karras_sigmas")
            case .dpmPlusPlus2MStochastic: spacing("use_exponential_sigmas")
            default: [:]
            }
        case .uniform: spacing(nil)
        case .karras: spacing("use_karras_sigmas")
        case .exponential: spacing("use_exponential_sigmas")
        case .beta: spacing("use_beta_sigmas")
        case .sgmUniform, .simple: spacing(nil, ["timestep_spacing": .text("trailing")])
        case .normal: spacing(nil, ["timestep_spacing": .text("linspace")])
        case .ddimUniform: spacing(nil, ["timestep_spacing": .text("leading"), "steps_offset": .number(1)])
        }
    }

    /// Names reduced to letters and digits, the longest first, so that a suffix is the whole of a schedule's name.
    static let byKey: [(key: String, schedule: ScheduleName)] = {
        var names: [(key: String, schedule: ScheduleName)] = []
        for name in allCases {
            for key in Set([nameKey(name.rawValue), nameKey(name.infotextName)]) {
                names.append((key, name))
            }
        }
        return names.sorted { ($0.key.count, $0.key) > ($1.key.count, $1.key) }
    }()
}
