import DaguerreTensors

/// Euler's method past the next noise level, then back up to it with fresh noise.
///
/// Source: k-diffusion `sample_euler_ancestral`, `eta = s_noise = 1`.
struct EulerAncestralSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale: Double
    let prediction: Prediction
    private let sigmas: [Double]

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) {
        let path = SigmaPath.spanningTimesteps(configuration, schedule, stepCount: stepCount)
        evaluations = path.evaluations(NoiseLevel.exploding)
        initialNoiseScale = configuration.initialNoiseScale(explodingFrom: path.sigmas.max() ?? 1)
        sigmas = path.sigmas
        prediction = Prediction(configuration)
    }

    /// Reads `noise` once unless the next level is without noise.
    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let (sigma, next) = (sigmas[index], sigmas[index + 1])
        let up = next * max(1 - next * next / (sigma * sigma), 0).squareRoot()
        let down = next * next / sigma
        let landed = estimate.x + (down - sigma) * estimate.remainingNoise
        guard up > 0 else { return try landed.tensor(on: backend) }
        return try (landed + up * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
