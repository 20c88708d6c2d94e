import DaguerreTensors

/// Euler's method: straight along the line from the latents to the clean estimate, to the next noise level.
///
/// Source: Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), algorithm 1 without its second-order
/// correction; k-diffusion `sample_euler`.
struct EulerSampler: Sampler {
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

    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let step = sigmas[index + 1] - sigmas[index]
        return try (estimate.x + step * estimate.remainingNoise).tensor(on: backend)
    }
}
