import DaguerreTensors

/// Denoising diffusion implicit models: the clean estimate, noised anew with the model's own noise, and with as much
/// fresh noise as `eta` says.
///
/// CFG++ noises the guided estimate with what the model says without the prompt, so that guidance does not push the
/// latents off what the model knows.
///
/// Source: Song et al. (arXiv 2010.02502), equation 12; for CFG++ Chung et al. (arXiv 2406.08070), algorithm 2.
struct DDIMSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    private let timesteps: WholeTimesteps
    private let eta: Double
    private let isGuidedPlusPlus: Bool

    init(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) {
        timesteps = WholeTimesteps(configuration, schedule)
        evaluations = try timesteps.evaluations(timesteps.spaced(stepCount))
        prediction = Prediction(configuration)
        eta = configuration.fresh.eta ?? 0
        isGuidedPlusPlus = configuration.readsUnconditional
    }

    /// Reads `noise` once if `eta` is not 0.
    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        try step(x, output: output, unconditional: output, at: index, noise: &noise, on: backend)
    }

    func step(
        _ x: Tensor, output: Tensor, unconditional: Tensor, at index: Int, noise: inout some NoiseSource,
        on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let renoised = isGuidedPlusPlus ? try self.estimate(x, output: unconditional, at: index, on: backend) : estimate
        let timestep = Int(evaluations[index].timestep)
        let power = timesteps.signalPower(timestep)
        let nextPower = timesteps.signalPower(timestep - timesteps.count / evaluations.count)
        let variance = (1 - nextPower) / (1 - power) * (1 - power / nextPower)
        let fresh = eta * max(variance, 0).squareRoot()
        let kept = max(1 - nextPower - fresh * fresh, 0).squareRoot()
        var next = nextPower.squareRoot() * estimate.denoised + kept * renoised.noise
        if eta > 0 { next = try next + fresh * noise.next(like: x, on: backend) }
        return try next.tensor(on: backend)
    }
}
