/// The schedules that a person may ask for by name; raw values are ComfyUI's names.
public enum ScheduleName: String, Hashable, Sendable, CaseIterable {
    /// What AUTOMATIC1111 takes for the sampler: Karras for DPM++ 2M, exponential for DPM++ 2M SDE, else the model's own.
    case automatic
    /// Timesteps from the last of training to the first, at equal distances, fractions among them; for a class of
    /// diffusers, those that its file spaces.
    case uniform
    /// The noise levels of Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), equation 5 with ρ = 7.
    case karras
    /// Noise levels in a geometric progression.
    case exponential
    /// The same with ρ = 1, which AUTOMATIC1111 and k-diffusion have by default.
    case polyexponential
    /// As ``uniform`` with one step more, of which the last is left out: `trailing` timesteps of a class of diffusers.
    case sgmUniform = "sgm_uniform"
    /// Every 1/n-th of the model's own noise levels, from the highest, rounded up to a timestep; for a class of diffusers
    /// its `trailing` timesteps.
    case simple
    /// As ``uniform``; for a class of diffusers its `linspace` timesteps.
    case normal
    /// Every ⌊1/n⌋-th of the model's own noise levels, from the one above the lowest, which may be more than n: `leading`
    /// timesteps, shifted by one, of a class of diffusers.
    case ddimUniform = "ddim_uniform"
    /// Noise levels at quantiles of the distribution Beta(0.6, 0.6) (arXiv 2407.12173), as AUTOMATIC1111 and diffusers
    /// have them; ComfyUI takes timesteps there.
    case beta
    /// Noise levels at equal distances of arctan σ (Sabour et al., arXiv 2404.14507, theorem 3.1), then none.
    case optimal = "kl_optimal"
    /// The levels that Sabour et al. found best (arXiv 2404.14507), then none.
    case alignYourSteps = "align_your_steps"
    /// Whole timesteps at 1/n, 2/n … of training, the last first, as distilled models (SD Turbo) were taught.
    case turbo

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
        case .polyexponential: "Polyexponential"
        case .optimal: "KL Optimal"
        case .alignYourSteps: "Align Your Steps"
        case .turbo: "Turbo"
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

    /// What the name says of the fields of a class of diffusers.
    var fields: [String: ConfigurationFields.Value] {
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
        case .automatic, .polyexponential, .optimal, .alignYourSteps, .turbo: [:]
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
        // Of ComfyUI's nodes.
        names += [("sdturbo", .turbo), ("ays", .alignYourSteps)]
        return names.sorted { ($0.key.count, $0.key) > ($1.key.count, $1.key) }
    }()
}
