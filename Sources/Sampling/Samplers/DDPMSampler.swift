import DaguerreTensors

/// Denoising diffusion probabilistic models: a draw from the posterior of the next latents, given the clean estimate.
///
/// Source: Ho et al. (arXiv 2006.11239), equations 6 and 7.
struct DDPMSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    private let timesteps: WholeTimesteps
    private let variance: PosteriorVariance

    init(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) {
        timesteps = WholeTimesteps(configuration, schedule)
        evaluations = try timesteps.evaluations(timesteps.spaced(stepCount))
        prediction = Prediction(configuration)
        variance = configuration.ddpmVariance
    }

    /// Reads `noise` once except at timestep 0.
    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let timestep = Int(evaluations[index].timestep)
        let power = timesteps.signalPower(timestep)
        // Unlike DDIM's, the end is always without noise.
        let nextPower = index + 1 < evaluations.count ? timesteps.signalPower(Int(evaluations[index + 1].timestep)) : 1
        let alpha = power / nextPower
        let beta = 1 - alpha
        let mean =
            nextPower.squareRoot() * beta / (1 - power) * estimate.denoised
            + alpha.squareRoot() * (1 - nextPower) / (1 - power) * estimate.x
        guard timestep > 0 else { return try mean.tensor(on: backend) }
        let posterior =
            switch variance {
            case .fixedSmall, .fixedSmallLog: max((1 - nextPower) / (1 - power) * beta, 1e-20)
            case .fixedLarge: beta
            }
        return try (mean + posterior.squareRoot() * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
