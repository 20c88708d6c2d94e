extension SamplerConfiguration {
    /// The same model under another solver, another schedule, or both.
    ///
    /// A name that AUTOMATIC1111 and ComfyUI give one of k-diffusion's solvers is taken as they take it: of the file, betas
    /// and prediction type stay, and a schedule that is not named is `automatic`. Other names stand for a class of
    /// diffusers; as its `from_config` has it, all that the file says and that the new class knows stays, spacing included.
    /// A schedule alone changes the spacing of the file's class or, if that knows no such schedule, goes with k-diffusion's
    /// solver of the same method.
    ///
    /// - Throws: ``SamplingError/unsupportedSchedule(_:sampler:supported:)`` where the sampler knows no such schedule.
    public func replacing(
        sampler: SamplerName?, schedule: ScheduleName?
    ) throws(SamplingError) -> SamplerConfiguration {
        if let sampler, sampler.isOfKDiffusion { return naming(sampler, schedule ?? .automatic) }
        let kind = sampler?.kind ?? kind
        if let schedule {
            if sampler == nil, let named { return naming(named.sampler, schedule) }
            let supported = Self.schedules(of: kind)
            if !supported.contains(schedule) {
                guard sampler == nil || sampler == .lcm, let counterpart = counterpart(of: kind) else {
                    throw .unsupportedSchedule(
                        schedule.rawValue, sampler: sampler?.infotextName ?? kind.className,
                        supported: supported.map(\.rawValue).joined(separator: ", "))
                }
                return naming(counterpart, schedule)
            }
        }
        var changes = sampler?.fields ?? [:]
        if let schedule { changes.merge(schedule.fields) { $1 } }
        guard sampler != nil || !changes.isEmpty || kind != self.kind else { return self }
        var replaced = try SamplerConfiguration(
            kind, fields.setting(changes), namedSpacing: schedule?.sigmaSpacing)
        replaced.fresh = fresh
        replaced.alignedSteps = alignedSteps
        if schedule != .automatic { replaced.askedSchedule = schedule ?? (kind == self.kind ? askedSchedule : nil) }
        if let sampler { replaced.readsUnconditional = sampler.readsUnconditional }
        return replaced
    }

    /// The same for a denoiser that predicts `type`, whatever the file says.
    public func predicting(_ type: PredictionType) throws(SamplingError) -> SamplerConfiguration {
        var replaced = try SamplerConfiguration(
            kind, fields.setting(["prediction_type": .text(type.rawValue)]), namedSpacing: askedSchedule?.sigmaSpacing)
        replaced.fresh = fresh
        replaced.alignedSteps = alignedSteps
        replaced.named = named
        replaced.askedSchedule = askedSchedule
        replaced.readsUnconditional = readsUnconditional
        return replaced
    }

    /// The schedules that a class of diffusers has fields for.
    private static func schedules(of kind: SamplerKind) -> [ScheduleName] {
        ScheduleName.allCases.filter { schedule in
            switch schedule {
            case .automatic: true
            case .karras, .exponential, .beta: kind.stepsOverSigmas
            case .uniform, .sgmUniform, .simple, .normal, .ddimUniform: ![.lcm, .tcd].contains(kind)
            case .polyexponential, .optimal, .alignYourSteps, .turbo: false
            }
        }
    }

    private func naming(_ sampler: SamplerName, _ schedule: ScheduleName) -> SamplerConfiguration {
        var replaced = self
        let isAutomatic = schedule == .automatic || !sampler.knowsSchedules
        replaced.named = NamedSampler(
            sampler: sampler, schedule: isAutomatic ? automaticSchedule(of: sampler) : schedule)
        replaced.readsUnconditional = sampler.readsUnconditional
        return replaced
    }

    /// What `automatic` stands for: the sampler's own schedule, else the model's.
    ///
    /// A model that is to be run on `trailing` timesteps, as distilled ones are, has `sgmUniform` for its own.
    private func automaticSchedule(of sampler: SamplerName) -> ScheduleName {
        sampler.automaticSchedule ?? (timestepSpacing == .trailing ? .sgmUniform : .uniform)
    }

    /// Whether the sampler steps over ratios of noise to signal.
    var stepsOverSigmas: Bool { named != nil || kind.stepsOverSigmas }

    /// The name of the configured sampler.
    public var samplerName: SamplerName {
        if let named { return named.sampler }
        return switch kind {
        case .euler: .eulerDiscrete
        case .eulerAncestral: .eulerAncestralDiscrete
        case .heun: .heunDiscrete
        case .lms: .lmsDiscrete
        case .ddim: readsUnconditional ? .ddimGuidedPlusPlus : .ddim
        case .ddpm: .ddpm
        case .dpmSolverMultistep: .dpmSolverMultistep
        case .pndm: pndmSkipsRungeKutta ? .plms : .pndm
        case .uniPC: .uniPC
        case .lcm: .lcm
        case .kdpm2: .kdpm2Discrete
        case .kdpm2Ancestral: .kdpm2AncestralDiscrete
        case .dpmSolverSDE: .dpmSolverSDE
        case .deis: .deis
        case .tcd: .tcd
        }
    }

    /// The name of the configured schedule, nil where the sampler has but one.
    public var scheduleName: ScheduleName? {
        if let named { return named.sampler.knowsSchedules ? named.schedule : nil }
        if let askedSchedule { return askedSchedule }
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

    /// The scale of guidance for a request of `scale`: CFG++ over timesteps has its own, which AUTOMATIC1111 maps to the
    /// usual one by a division.
    public func guidanceScale(_ scale: Double) -> Double {
        samplerName == .ddimGuidedPlusPlus ? scale / 12.5 : scale
    }

    /// The solver of k-diffusion by the same method, which knows more schedules.
    private func counterpart(of kind: SamplerKind) -> SamplerName? {
        switch kind {
        case .euler: .euler
        case .eulerAncestral: .eulerAncestral
        case .heun: .heun
        case .lms: .lms
        case .dpmSolverMultistep:
            [.stochastic, .stochasticPlusPlus].contains(multistep.algorithm) ? .dpmPlusPlus2MStochastic : .dpmPlusPlus2M
        case .lcm: .lcm
        case .kdpm2: .dpm2
        case .kdpm2Ancestral: .dpm2Ancestral
        case .dpmSolverSDE: .dpmPlusPlusStochastic
        case .ddim, .ddpm, .pndm, .uniPC, .deis, .tcd: nil
        }
    }
}
