public import DaguerreTensors

/// The state of one denoising: a plain value, so that a copy resumes where the original stood.
///
/// For each of ``evaluations``, in order: give the model `inputScale · x`, and its guided output to
/// ``advance(_:output:at:noise:on:)``.
public struct SamplingRun: Sendable {
    /// Where the model is evaluated; known before the run.
    public let evaluations: [Evaluation]
    /// What standard normal numbers are multiplied by to be the first latents of a run that enters at noise.
    public let initialNoiseScale: Double
    /// Steps, as people count them: those asked for, but for what the spacing of timesteps adds or leaves out, and those
    /// before and after the run's part.
    public let stepCount: Int

    private var sampler: any Sampler
    /// The sampler's evaluations that are the run's.
    private let range: Range<Int>

    /// Plans a denoising in `stepCount` steps, and does `part` of it.
    ///
    /// - Throws: ``SamplingError`` for a number of steps that the sampler cannot take, or a part without a step.
    public init(
        _ configuration: SamplerConfiguration, stepCount: Int, part: SamplingPart = .whole
    ) throws(SamplingError) {
        guard 1...configuration.trainTimesteps ~= stepCount else {
            throw .stepCount(
                stepCount, sampler: configuration.samplerName.infotextName,
                supported: 1...configuration.trainTimesteps)
        }
        let whole: any Sampler = try configuration.sampler.init(
            configuration, NoiseSchedule(configuration), stepCount: stepCount)
        guard let last = whole.evaluations.last else {
            throw .unsupportedValue(
                field: "lambda_min_clipped", value: "\(configuration.multistep.minimumLogSNR)",
                supported: "what leaves a timestep")
        }
        let timesteps = (0...last.step).compactMap { step in whole.evaluations.first { $0.step == step }?.timestep }
        let trainTimesteps = configuration.trainTimesteps
        let first = try part.firstStep(
            timesteps, overSigmas: configuration.kind.stepsOverSigmas, of: trainTimesteps)
        let end = try part.lastStep(after: first, timesteps, of: trainTimesteps)
        var isLeft = false
        if case .fraction = part.start { isLeft = true }
        sampler = try whole.entering(at: first, left: isLeft)
        let planned = sampler.evaluations
        let begin = planned.firstIndex { $0.step >= first } ?? 0
        range = begin..<max(begin, planned.firstIndex { $0.step >= end } ?? planned.count)
        evaluations = planned[range].map { Evaluation(step: $0.step - first, timestep: $0.timestep, level: $0.level) }
        initialNoiseScale = sampler.initialNoiseScale
        self.stepCount = end - first
    }

    /// Takes the model's guided output on the latents `x [N, H, W, C]`, not scaled, at evaluation `index`, and returns
    /// the latents for the next evaluation, or the finished ones.
    public mutating func advance(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        precondition(evaluations.indices.contains(index), "the evaluation is one of the run's")
        return try sampler.step(x, output: output, at: range.lowerBound + index, noise: &noise, on: backend)
    }

    /// The estimate of the clean latents at evaluation `index`, for previews.
    public func denoised(_ x: Tensor, output: Tensor, at index: Int, on backend: some Backend) throws -> Tensor {
        precondition(evaluations.indices.contains(index), "the evaluation is one of the run's")
        return try sampler.estimate(x, output: output, at: range.lowerBound + index, on: backend)
            .denoised.tensor(on: backend)
    }

    /// Clean latents with as much of the standard normal `noise` as evaluation `index` begins with, both
    /// `[N, H, W, C]`: where image to image enters, and what inpainting keeps of the original between steps.
    ///
    /// At an `index` past the last it is what the run leaves behind: at the end of a denoising, the clean latents.
    ///
    /// Source: diffusers' `add_noise`, over noise levels or over timesteps as the sampler is.
    public func noised(
        _ clean: Tensor, with noise: Tensor, at index: Int = 0, on backend: some Backend
    ) throws -> Tensor {
        precondition(0...evaluations.count ~= index, "the evaluation is one of the run's, or the end")
        let planned = sampler.evaluations
        let index = range.lowerBound + index
        guard planned.indices.contains(index) else { return try Combination(clean).tensor(on: backend) }
        let level = planned[index].level
        return try (level.signal * Combination(clean) + level.noise * Combination(noise)).tensor(on: backend)
    }

    /// The first evaluation of which a share of `fraction` of all has been done before, or their count: where
    /// AUTOMATIC1111 goes on with the refiner (`refiner_switch_at`).
    ///
    /// Unlike ``SamplingPart/end``, the same run goes on, with its past, and only the model is another.
    public func evaluation(atFraction fraction: Double) -> Int {
        evaluations.indices.first { Double($0) >= fraction * Double(evaluations.count) } ?? evaluations.count
    }
}

extension SamplerConfiguration {
    fileprivate var sampler: any Sampler.Type {
        switch kind {
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
        }
    }
}
