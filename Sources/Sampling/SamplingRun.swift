public import DaguerreTensors

/// The state of one denoising: a plain value, so that a copy resumes where the original stood.
///
/// Give the first latents to ``prepared(_:noise:on:)``. Then for each of ``evaluations``, in order and until there are no
/// more: give the model `inputScale · x`, and its guided output to
/// ``advance(_:output:unconditional:at:noise:on:)``.
public struct SamplingRun: Sendable {
    /// Where the model is evaluated: all of it, unless the run ``isAdaptive``; then as far as is known, and each advance
    /// may add to it.
    public private(set) var evaluations: [Evaluation]
    /// Whether evaluations become known only as the run goes on, at most ``maximumEvaluations``.
    public let isAdaptive: Bool
    /// Evaluations that there will be at most.
    public let maximumEvaluations: Int
    /// What standard normal numbers are multiplied by to be the first latents of a run that enters at noise.
    public let initialNoiseScale: Double
    /// Steps, as people count them: those asked for, but for what the spacing of timesteps adds or leaves out, and those
    /// before and after the run's part.
    public let stepCount: Int

    private var sampler: any Sampler
    /// The sampler's evaluations that are the run's.
    private var range: Range<Int>
    private let firstStep: Int

    /// Plans a denoising in `stepCount` steps, and does `part` of it.
    ///
    /// - Throws: ``SamplingError`` for a number of steps that the sampler cannot take, a part without a step, or an amount
    ///   of noise out of range.
    public init(
        _ configuration: SamplerConfiguration, stepCount: Int, part: SamplingPart = .whole
    ) throws(SamplingError) {
        let trainTimesteps = configuration.trainTimesteps
        let name = configuration.samplerName.infotextName
        guard 1...trainTimesteps ~= stepCount else {
            throw .stepCount(stepCount, sampler: name, supported: 1...trainTimesteps)
        }
        try configuration.fresh.validate()
        let whole: any Sampler = try configuration.sampler.init(
            configuration, NoiseSchedule(configuration), stepCount: stepCount)
        let timesteps = whole.stepTimesteps
        guard !timesteps.isEmpty else {
            throw .unsupportedValue(
                field: "lambda_min_clipped", value: "\(configuration.multistep.minimumLogSNR)",
                supported: "what leaves a timestep")
        }
        firstStep = try part.firstStep(timesteps, overSigmas: configuration.stepsOverSigmas, of: trainTimesteps)
        let end = try part.lastStep(after: firstStep, timesteps, of: trainTimesteps)
        guard end == timesteps.count || whole.leavesBetweenSteps else {
            throw .outOfRange("end of denoising", value: part.end, expected: "1, as \(name) cannot stop between steps")
        }
        var isLeft = false
        if case .fraction = part.start { isLeft = true }
        sampler = try whole.entering(at: firstStep, left: isLeft)
        let planned = sampler.evaluations
        let (first, isCut) = (firstStep, end < timesteps.count)
        let begin = planned.firstIndex { $0.step >= first } ?? 0
        let cut = isCut ? planned.firstIndex { $0.step >= end } : nil
        range = begin..<max(begin, cut ?? planned.count)
        evaluations = planned[range].map { Evaluation(step: $0.step - first, timestep: $0.timestep, level: $0.level) }
        isAdaptive = sampler.isAdaptive
        maximumEvaluations = sampler.isAdaptive ? DPMAdaptiveSampler.maximumEvaluations : range.count
        initialNoiseScale = sampler.initialNoiseScale
        self.stepCount = end - firstStep
    }

    /// The latents for the first evaluation, from noise, from ``noised(_:with:at:on:)`` or from another run; some samplers
    /// add fresh noise first.
    public func prepared(_ x: Tensor, noise: inout some NoiseSource, on backend: some Backend) throws -> Tensor {
        guard !range.isEmpty else { return x }
        return try sampler.prepared(x, for: range.lowerBound, noise: &noise, on: backend)
    }

    /// Takes the model's guided output on the latents `x [N, H, W, C]`, not scaled, at evaluation `index`, and returns
    /// the latents for the next evaluation, or the finished ones.
    ///
    /// `unconditional` is what the model said without the prompt, for a sampler that
    /// ``SamplerConfiguration/readsUnconditional``; without it, that takes the output for both.
    ///
    /// - Throws: ``SamplingError/notConverged(sampler:evaluations:)``; `BackendError`.
    public mutating func advance(
        _ x: Tensor, output: Tensor, unconditional: Tensor? = nil, at index: Int, noise: inout some NoiseSource,
        on backend: some Backend
    ) throws -> Tensor {
        precondition(evaluations.indices.contains(index), "the evaluation is one of the run's")
        let planned = range.lowerBound + index
        var next = try sampler.step(
            x, output: output, unconditional: unconditional ?? output, at: planned, noise: &noise, on: backend)
        if isAdaptive { learnEvaluations() }
        if range.contains(planned + 1) {
            next = try sampler.prepared(next, for: planned + 1, noise: &noise, on: backend)
        }
        return next
    }

    private mutating func learnEvaluations() {
        let added = sampler.evaluations.dropFirst(range.upperBound)
        range = range.lowerBound..<range.upperBound + added.count
        evaluations += added.map { Evaluation(step: $0.step - firstStep, timestep: $0.timestep, level: $0.level) }
    }

    /// The estimate of the clean latents at evaluation `index`, for previews.
    public func denoised(_ x: Tensor, output: Tensor, at index: Int, on backend: some Backend) throws -> Tensor {
        precondition(evaluations.indices.contains(index), "the evaluation is one of the run's")
        return try sampler.estimate(x, output: output, at: range.lowerBound + index, on: backend)
            .denoised.tensor(on: backend)
    }

    /// Clean latents with the standard normal `noise` that image to image enters with, both `[N, H, W, C]`; they go to
    /// ``prepared(_:noise:on:)``.
    ///
    /// Source: diffusers' `add_noise`, over noise levels or over timesteps as the sampler is.
    public func noised(_ clean: Tensor, with noise: Tensor, on backend: some Backend) throws -> Tensor {
        try noised(clean, with: noise, to: sampler.level(before: range.lowerBound), on: backend)
    }

    /// Clean latents as noisy as those at evaluation `index`, which inpainting keeps of the original between steps.
    ///
    /// At an `index` past the last it is what the run leaves behind: at the end of a denoising, the clean latents.
    public func noised(
        _ clean: Tensor, with noise: Tensor, at index: Int, on backend: some Backend
    ) throws -> Tensor {
        precondition(0...evaluations.count ~= index, "the evaluation is one of the run's, or the end")
        if index < evaluations.count {
            return try noised(clean, with: noise, to: evaluations[index].level, on: backend)
        }
        guard sampler.evaluations.indices.contains(range.upperBound) else {
            return try Combination(clean).tensor(on: backend)
        }
        return try noised(clean, with: noise, to: sampler.level(before: range.upperBound), on: backend)
    }

    private func noised(
        _ clean: Tensor, with noise: Tensor, to level: NoiseLevel, on backend: some Backend
    ) throws -> Tensor {
        try (level.signal * Combination(clean) + level.noise * Combination(noise)).tensor(on: backend)
    }

    /// The first evaluation of which a share of `fraction` of all has been done before, or their count: where
    /// AUTOMATIC1111 goes on with the refiner (`refiner_switch_at`).
    ///
    /// Unlike ``SamplingPart/end``, the same run goes on, with its past, and only the model is another. Of an adaptive run
    /// only the evaluations known so far are counted.
    public func evaluation(atFraction fraction: Double) -> Int {
        evaluations.indices.first { Double($0) >= fraction * Double(evaluations.count) } ?? evaluations.count
    }
}

extension SamplerConfiguration {
    fileprivate var sampler: any Sampler.Type {
        if let named { return named.sampler.sigmaSampler }
        return switch kind {
        case .euler: EulerSampler.self
        case .eulerAncestral: EulerAncestralSampler.self
        case .heun: HeunSampler.self
        case .lms: LMSSampler.self
        case .ddim: DDIMSampler.self
        case .ddpm: DDPMSampler.self
        case .dpmSolverMultistep: DPMSolverMultistepSampler.self
        case .pndm: PNDMSampler.self
        case .uniPC: UniPCSampler.self
        case .lcm: LCMSampler.self
        case .kdpm2: DPM2Sampler.self
        case .kdpm2Ancestral: DPM2AncestralSampler.self
        case .dpmSolverSDE: DPMPlusPlusSDESampler.self
        case .deis: DEISSampler.self
        case .tcd: TCDSampler.self
        }
    }
}
