import DaguerreTensors

/// Heun's method: Euler's step, then the same step again with the mean of the slopes at both its ends.
///
/// Each step but the last evaluates the model twice.
///
/// Source: Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), algorithm 1.
struct HeunSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale: Double
    let prediction: Prediction
    private let sigmas: [Double]
    /// What the second half of a step needs of the first.
    private var start: (x: Tensor, slope: Tensor)?

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) {
        let path = SigmaPath.spanningTimesteps(configuration, schedule, stepCount: stepCount)
        let single = path.evaluations(NoiseLevel.exploding)
        evaluations =
            [single[0]]
            + single.dropFirst().flatMap { later in
                [Evaluation(step: later.step - 1, timestep: later.timestep, level: later.level), later]
            }
        initialNoiseScale = configuration.initialNoiseScale(explodingFrom: path.sigmas.max() ?? 1)
        sigmas = path.sigmas
        prediction = Prediction(configuration)
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let slope = try estimate(x, output: output, at: index, on: backend).remainingNoise
        let step = evaluations[index].step
        let length = sigmas[step + 1] - sigmas[step]
        if let (x, first) = start {
            start = nil
            return try (Combination(x) + length / 2 * (Combination(first) + slope)).tensor(on: backend)
        }
        if step + 1 < sigmas.count - 1 { start = (x, try slope.tensor(on: backend)) }
        return try (Combination(x) + length * slope).tensor(on: backend)
    }
}
