extension SamplerConfiguration {
    /// Whether the sampler chooses its steps by what it finds, so that two images are not evaluated at the same times.
    public var isAdaptive: Bool { samplerName == .dpmAdaptive }
}

/// What AUTOMATIC1111 knows of the samplers beside their equations.
extension SamplerName {
    /// Whether it is one of k-diffusion's solvers, or built as they are.
    var isOfKDiffusion: Bool {
        switch self {
        case .euler, .eulerAncestral, .eulerGuidedPlusPlus, .eulerAncestralGuidedPlusPlus, .heun, .lms, .dpm2,
            .dpm2Ancestral, .dpmFast, .dpmAdaptive, .dpmPlusPlus2SAncestral, .dpmPlusPlusStochastic, .dpmPlusPlus2M,
            .dpmPlusPlus2MStochastic, .dpmPlusPlus2MStochasticHeun, .dpmPlusPlus3MStochastic, .restart:
            true
        case .ddim, .ddimGuidedPlusPlus, .ddpm, .plms, .pndm, .uniPC, .deis, .lcm, .tcd, .eulerDiscrete,
            .eulerAncestralDiscrete, .heunDiscrete, .lmsDiscrete, .kdpm2Discrete, .kdpm2AncestralDiscrete,
            .dpmSolverMultistep, .dpmSolverSDE:
            false
        }
    }

    /// Whether its fresh noise is that of one Brownian motion.
    var isBrownian: Bool {
        switch self {
        case .dpmPlusPlusStochastic, .dpmPlusPlus2MStochastic, .dpmPlusPlus2MStochasticHeun, .dpmPlusPlus3MStochastic,
            .dpmSolverSDE:
            true
        default: false
        }
    }

    /// The schedule that `automatic` stands for; nil is the model's own.
    var automaticSchedule: ScheduleName? {
        switch self {
        case .dpm2, .dpm2Ancestral, .dpmPlusPlus2SAncestral, .dpmPlusPlusStochastic, .dpmPlusPlus2M, .restart: .karras
        case .dpmPlusPlus2MStochastic, .dpmPlusPlus2MStochasticHeun, .dpmPlusPlus3MStochastic: .exponential
        // Both begin at the highest level whatever the model says.
        case .dpmFast, .dpmAdaptive: .uniform
        default: nil
        }
    }

    /// Whether it goes by a schedule; some know the ends of the noise levels only.
    var knowsSchedules: Bool { self != .dpmFast && self != .dpmAdaptive }

    /// Whether the level before the last is left out of a schedule of one step more, so that the last steps are not too
    /// small for the method.
    var dropsPenultimateLevel: Bool {
        self == .dpm2 || self == .dpm2Ancestral || self == .dpmPlusPlus3MStochastic
    }

    /// Whether it also looks at what the model says without the prompt.
    var readsUnconditional: Bool {
        self == .eulerGuidedPlusPlus || self == .eulerAncestralGuidedPlusPlus || self == .ddimGuidedPlusPlus
    }

    /// What solves it over ratios of noise to signal.
    var sigmaSampler: any SigmaSampler.Type {
        switch self {
        case .eulerAncestral: EulerAncestralSampler.self
        case .eulerGuidedPlusPlus, .eulerAncestralGuidedPlusPlus: EulerGuidedSampler.self
        case .heun: HeunSampler.self
        case .lms: LMSSampler.self
        case .dpm2: DPM2Sampler.self
        case .dpm2Ancestral: DPM2AncestralSampler.self
        case .dpmFast: DPMFastSampler.self
        case .dpmAdaptive: DPMAdaptiveSampler.self
        case .dpmPlusPlus2SAncestral: DPMPlusPlus2SAncestralSampler.self
        case .dpmPlusPlusStochastic: DPMPlusPlusSDESampler.self
        case .dpmPlusPlus2M, .dpmPlusPlus2MStochastic, .dpmPlusPlus2MStochasticHeun, .dpmPlusPlus3MStochastic:
            DPMPlusPlusMultistepSampler.self
        case .restart: RestartSampler.self
        case .lcm: ConsistencySampler.self
        default: EulerSampler.self
        }
    }
}
