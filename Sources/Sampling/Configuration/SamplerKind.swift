/// The families of solvers, one for each diffusers class that a model folder may name.
public enum SamplerKind: String, Hashable, Sendable, CaseIterable {
    case euler, eulerAncestral, heun, lms, ddim, ddpm, dpmSolverMultistep, pndm, uniPC, lcm
    case kdpm2, kdpm2Ancestral, dpmSolverSDE, deis, tcd

    /// The diffusers class, as `_class_name` of `scheduler_config.json` writes it.
    public var className: String {
        switch self {
        case .euler: "EulerDiscreteScheduler"
        case .eulerAncestral: "EulerAncestralDiscreteScheduler"
        case .heun: "HeunDiscreteScheduler"
        case .lms: "LMSDiscreteScheduler"
        case .ddim: "DDIMScheduler"
        case .ddpm: "DDPMScheduler"
        case .dpmSolverMultistep: "DPMSolverMultistepScheduler"
        case .pndm: "PNDMScheduler"
        case .uniPC: "UniPCMultistepScheduler"
        case .lcm: "LCMScheduler"
        case .kdpm2: "KDPM2DiscreteScheduler"
        case .kdpm2Ancestral: "KDPM2AncestralDiscreteScheduler"
        case .dpmSolverSDE: "DPMSolverSDEScheduler"
        case .deis: "DEISMultistepScheduler"
        case .tcd: "TCDScheduler"
        }
    }

    /// Whether it steps over ratios of noise to signal, which a formula (Karras and so on) may space, and which have to
    /// be finite; else over timesteps.
    var stepsOverSigmas: Bool {
        switch self {
        case .euler, .eulerAncestral, .heun, .lms, .dpmSolverMultistep, .uniPC, .kdpm2, .kdpm2Ancestral, .dpmSolverSDE,
            .deis:
            true
        case .ddim, .ddpm, .pndm, .lcm, .tcd: false
        }
    }
}
