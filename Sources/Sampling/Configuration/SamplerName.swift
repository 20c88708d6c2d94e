/// The samplers that a person may ask for by name; raw values are ComfyUI's names where it has one.
///
/// Names of diffusers' classes stand for the classes, the others of the same methods for k-diffusion's solvers, which
/// AUTOMATIC1111 and ComfyUI run: see ``SamplerConfiguration/replacing(sampler:schedule:)``.
public enum SamplerName: String, Hashable, Sendable, CaseIterable {
    case euler
    case eulerAncestral = "euler_ancestral"
    case eulerGuidedPlusPlus = "euler_cfg_pp"
    case eulerAncestralGuidedPlusPlus = "euler_ancestral_cfg_pp"
    case heun, lms
    case dpm2 = "dpm_2"
    case dpm2Ancestral = "dpm_2_ancestral"
    case dpmFast = "dpm_fast"
    case dpmAdaptive = "dpm_adaptive"
    case dpmPlusPlus2SAncestral = "dpmpp_2s_ancestral"
    case dpmPlusPlusStochastic = "dpmpp_sde"
    case dpmPlusPlus2M = "dpmpp_2m"
    case dpmPlusPlus2MStochastic = "dpmpp_2m_sde"
    case dpmPlusPlus2MStochasticHeun = "dpmpp_2m_sde_heun"
    case dpmPlusPlus3MStochastic = "dpmpp_3m_sde"
    case restart
    case ddim
    case ddimGuidedPlusPlus = "ddim_cfgpp"
    case ddpm, plms, pndm
    case uniPC = "uni_pc"
    case deis, lcm, tcd
    case eulerDiscrete = "EulerDiscreteScheduler"
    case eulerAncestralDiscrete = "EulerAncestralDiscreteScheduler"
    case heunDiscrete = "HeunDiscreteScheduler"
    case lmsDiscrete = "LMSDiscreteScheduler"
    case kdpm2Discrete = "KDPM2DiscreteScheduler"
    case kdpm2AncestralDiscrete = "KDPM2AncestralDiscreteScheduler"
    case dpmSolverMultistep = "DPMSolverMultistepScheduler"
    case dpmSolverSDE = "DPMSolverSDEScheduler"

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

    /// AUTOMATIC1111's name, as it writes it into images: `DPM++ 2M`; a class's own where it is not what that means.
    public var infotextName: String {
        switch self {
        case .euler: "Euler"
        case .eulerAncestral: "Euler a"
        case .eulerGuidedPlusPlus: "Euler CFG++"
        case .eulerAncestralGuidedPlusPlus: "Euler a CFG++"
        case .heun: "Heun"
        case .lms: "LMS"
        case .dpm2: "DPM2"
        case .dpm2Ancestral: "DPM2 a"
        case .dpmFast: "DPM fast"
        case .dpmAdaptive: "DPM adaptive"
        case .dpmPlusPlus2SAncestral: "DPM++ 2S a"
        case .dpmPlusPlusStochastic: "DPM++ SDE"
        case .dpmPlusPlus2M: "DPM++ 2M"
        case .dpmPlusPlus2MStochastic: "DPM++ 2M SDE"
        case .dpmPlusPlus2MStochasticHeun: "DPM++ 2M SDE Heun"
        case .dpmPlusPlus3MStochastic: "DPM++ 3M SDE"
        case .restart: "Restart"
        case .ddim: "DDIM"
        case .ddimGuidedPlusPlus: "DDIM CFG++"
        case .ddpm: "DDPM"
        case .plms: "PLMS"
        case .pndm: "PNDM"
        case .uniPC: "UniPC"
        case .deis: "DEIS"
        case .lcm: "LCM"
        case .tcd: "TCD"
        case .eulerDiscrete, .eulerAncestralDiscrete, .heunDiscrete, .lmsDiscrete, .kdpm2Discrete,
            .kdpm2AncestralDiscrete, .dpmSolverMultistep, .dpmSolverSDE:
            rawValue
        }
    }

    /// The class of diffusers that it stands for; of k-diffusion's solvers, the one by the same method, if there is one.
    public var kind: SamplerKind? {
        switch self {
        case .euler, .eulerDiscrete: .euler
        case .eulerAncestral, .eulerAncestralDiscrete: .eulerAncestral
        case .heun, .heunDiscrete: .heun
        case .lms, .lmsDiscrete: .lms
        case .ddim, .ddimGuidedPlusPlus: .ddim
        case .ddpm: .ddpm
        case .dpmPlusPlus2M, .dpmPlusPlus2MStochastic, .dpmPlusPlus2MStochasticHeun, .dpmPlusPlus3MStochastic,
            .dpmSolverMultistep:
            .dpmSolverMultistep
        case .plms, .pndm: .pndm
        case .uniPC: .uniPC
        case .lcm: .lcm
        case .dpm2, .kdpm2Discrete: .kdpm2
        case .dpm2Ancestral, .kdpm2AncestralDiscrete: .kdpm2Ancestral
        case .dpmPlusPlusStochastic, .dpmSolverSDE: .dpmSolverSDE
        case .deis: .deis
        case .tcd: .tcd
        case .eulerGuidedPlusPlus, .eulerAncestralGuidedPlusPlus, .dpmFast, .dpmAdaptive, .dpmPlusPlus2SAncestral,
            .restart:
            nil
        }
    }

    /// What the name says of the class's options.
    var fields: [String: ConfigurationFields.Value] {
        self == .plms ? ["skip_prk_steps": .flag(true)] : [:]
    }

    private static let byKey: [String: SamplerName] = {
        var names: [String: SamplerName] = [:]
        for name in allCases {
            // PNDM and PLMS share a class, whose own default is PNDM.
            guard let kind = name.kind, !name.isOfKDiffusion, name != .plms, name != .ddimGuidedPlusPlus else {
                continue
            }
            names[nameKey(kind.className)] = name
        }
        for name in allCases {
            for key in [nameKey(name.rawValue), nameKey(name.infotextName)] {
                names[key] = name
                guard name.isOfKDiffusion else { continue }
                // AUTOMATIC1111's older names begin with a k, and ComfyUI's of noise drawn on a GPU end so.
                names["k" + key] = name
                if name.isBrownian { names[key + "gpu"] = name }
            }
        }
        return names.merging(["keulera": .eulerAncestral, "kdpmad": .dpmAdaptive, "ddimcfgpp": .ddimGuidedPlusPlus]) {
            $1
        }
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
