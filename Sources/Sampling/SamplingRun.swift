public import DaguerreTensors

/// The state of one denoising: a plain value, so that a copy resumes where the original stood.
///
/// For each of ``evaluations``, in order: give the model `inputScale · x`, and its guided output to
/// ``advance(_:output:at:noise:on:)``.
public struct SamplingRun: Sendable {
    /// Where the model is evaluated; known before the run.
    public let evaluations: [Evaluation]
    /// What standard normal numbers are multiplied by to be the first latents.
    public let initialNoiseScale: Double
    /// Steps, as people count them: those asked for, but for what the spacing of timesteps adds or leaves out.
    public let stepCount: Int

    private var sampler: any Sampler

    /// Plans a denoising in `stepCount` steps.
    public init(_ configuration: SamplerConfiguration, stepCount: Int) throws(SamplingError) {
        guard 1...configuration.trainTimesteps ~= stepCount else {
            throw .stepCount(
                stepCount, sampler: configuration.samplerName.infotextName,
                supported: 1...configuration.trainTimesteps)
        }
        sampler = try configuration.sampler.init(
            configuration, NoiseSchedule(configuration), stepCount: stepCount)
        evaluations = sampler.evaluations
        initialNoiseScale = sampler.initialNoiseScale
        guard let last = evaluations.last else {
            throw .unsupportedValue(
                field: "lambda_min_clipped", value: "\(configuration.multistep.minimumLogSNR)",
                supported: "what leaves a timestep")
        }
        self.stepCount = last.step + 1
    }

    /// Takes the model's guided output on the latents `x [N, H, W, C]`, not scaled, at evaluation `index`, and returns
    /// the latents for the next evaluation, or the finished ones.
    public mutating func advance(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        precondition(evaluations.indices.contains(index), "the evaluation is one of the run's")
        return try sampler.step(x, output: output, at: index, noise: &noise, on: backend)
    }

    /// The estimate of the clean latents at evaluation `index`, for previews.
    public func denoised(_ x: Tensor, output: Tensor, at index: Int, on backend: some Backend) throws -> Tensor {
        precondition(evaluations.indices.contains(index), "the evaluation is one of the run's")
        return try sampler.estimate(x, output: output, at: index, on: backend).denoised.tensor(on: backend)
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
