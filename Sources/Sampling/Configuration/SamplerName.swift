/// The samplers that a person may ask for by name; raw values are ComfyUI's names.
public enum SamplerName: String, Hashable, Sendable, CaseIterable {
    case euler
    case eulerAncestral = "euler_ancestral"
    case heun, lms, ddim, ddpm
    case dpmPlusPlus2M = "dpmpp_2m"
    case dpmPlusPlus2MStochastic = "dpmpp_2m_sde"
    case plms, pndm
    case uniPC = "uni_pc"
    case lcm

    /// Reads ComfyUI's, AUTOMATIC1111's and diffusers' names in any case, with or without a schedule behind:
    /// `euler_ancestral`, `DPM++ 2M Karras`, `DDIMScheduler`.
    public static func parse(
        _ text: String
    ) throws(SamplingError) -> (sampler: SamplerName, schedule: ScheduleName?) {
        let key = nameKey(text)
        if let sampler = byKey[key] { return (sampler, nil) }
        for (scheduleKey, schedule) in ScheduleName.byKey where key.hasSuffix(scheduleKey) {
            if let sampler = byKey[String(key.dropLast(scheduleKey.count))] { return (sampler, schedule) }
        }
        throw .unknownSampler(text)
    }

    /// AUTOMATIC1111's name, as it writes it into images: `DPM++ 2M`.
    public var infotextName: String {
        switch self {
        case .euler: "Euler"
        case .eulerAncestral: "Euler a"
        case .heun: "Heun"
        case .lms: "LMS"
        case .ddim: "DDIM"
        case .ddpm: "DDPM"
        case .dpmPlusPlus2M: "DPM++ 2M"
        case .dpmPlusPlus2MStochastic: "DPM++ 2M SDE"
        case .plms: "PLMS"
        case .pndm: "PNDM"
        case .uniPC: "UniPC"
        case .lcm: "LCM"
        }
    }

    /// The family that solves it.
    public var kind: SamplerKind {
        switch self {
        case .euler: .euler
        case .eulerAncestral: .eulerAncestral
        case .heun: .heun
        case .lms: .lms
        case .ddim: .ddim
        case .ddpm: .ddpm
        case .dpmPlusPlus2M, .dpmPlusPlus2MStochastic: .dpmSolverMultistep
        case .plms, .pndm: .pndm
        case .uniPC: .uniPC
        case .lcm: .lcm
        }
    }

    /// What the name says of the class's options.
    var fields: [String: ConfigurationFields.Value] {
        let secondOrder: [String: ConfigurationFields.Value] = [
            "solver_order": .number(2), "solver_type": .text("midpoint"),
        ]
        return switch self {
        case .dpmPlusPlus2M: secondOrder.merging(["algorithm_type": .text("dpmsolver++")]) { $1 }
        case .dpmPlusPlus2MStochastic: secondOrder.merging(["algorithm_type": .text("sde-dpmsolver++")]) { $1 }
        case .plms: ["skip_prk_steps": .flag(true)]
        default: [:]
        }
    }

    private static let byKey: [String: SamplerName] = {
        var names: [String: SamplerName] = [
            "eulera": .eulerAncestral, "keuler": .euler, "keulera": .eulerAncestral, "keulerancestral": .eulerAncestral,
            "kheun": .heun, "klms": .lms, "kdpmpp2m": .dpmPlusPlus2M, "dpmpp2msdegpu": .dpmPlusPlus2MStochastic,
        ]
        for name in allCases {
            names[nameKey(name.rawValue)] = name
            names[nameKey(name.infotextName)] = name
            // PNDM and PLMS share a class, whose own default is PNDM; 2M is the class's plain form.
            if name != .plms, name != .dpmPlusPlus2MStochastic { names[nameKey(name.kind.className)] = name }
        }
        return names
    }()
}

/// Letters and digits of a name in lower case, `+` as `p`: what `DPM++ 2M` and `dpmpp_2m` have in common.
func nameKey(_ text: String) -> String {
    String(
        text.lowercased().compactMap { character -> Character? in
            if character == "+" { return "p" }
            return character.isLetter || character.isNumber ? character : nil
        })
}

extension SamplerConfiguration {
    /// The name of the configured sampler.
    public var samplerName: SamplerName {
        switch kind {
        case .euler: .euler
        case .eulerAncestral: .eulerAncestral
        case .heun: .heun
        case .lms: .lms
        case .ddim: .ddim
        case .ddpm: .ddpm
        case .dpmSolverMultistep:
            [.stochastic, .stochasticPlusPlus].contains(multistep.algorithm) ? .dpmPlusPlus2MStochastic : .dpmPlusPlus2M
        case .pndm: pndmSkipsRungeKutta ? .plms : .pndm
        case .uniPC: .uniPC
        case .lcm: .lcm
        }
    }

    /// The name of the configured schedule, nil where the sampler has but one.
    public var scheduleName: ScheduleName? {
        guard kind.stepsOverSigmas else { return nil }
        return switch sigmaSpacing {
        case .karras: .karras
        case .exponential: .exponential
        case .beta: .beta
        case .lu: nil
        case .timesteps:
            switch timestepSpacing {
            case .trailing: .sgmUniform
            case .linspace: .normal
            case .leading: .uniform
            }
        }
    }
}
