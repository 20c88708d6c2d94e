import DaguerreTensors

/// Latent consistency models: a clean estimate at every step, noised anew for the next.
///
/// Source: Luo et al. (arXiv 2310.04378), algorithm 3; the boundary condition as in Song et al., "Consistency Models"
/// (arXiv 2303.01469), appendix C.
struct LCMSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    private let timestepScaling: Double

    init(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) {
        let timesteps = WholeTimesteps(configuration, schedule)
        let originalSteps = configuration.lcm.originalSteps
        guard stepCount <= originalSteps else {
            throw .stepCount(stepCount, sampler: "LCM", supported: 1...originalSteps)
        }
        let stride = timesteps.count / originalSteps
        let ratio = Double(originalSteps) / Double(stepCount)
        evaluations = try timesteps.evaluations(
            (0..<stepCount).map { (originalSteps - Int(Double($0) * ratio)) * stride - 1 })
        prediction = Prediction(configuration)
        timestepScaling = configuration.lcm.timestepScaling
    }

    /// Reads `noise` once at every step but the last.
    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let (skip, out) = boundaryWeights(evaluations[index].timestep)
        let denoised = out * estimate.denoised + skip * estimate.x
        guard index + 1 < evaluations.count else { return try denoised.tensor(on: backend) }
        let next = evaluations[index + 1].level
        return try (next.signal * denoised + next.noise * noise.next(like: x, on: backend)).tensor(on: backend)
    }

    /// The weights of the latents and of the clean estimate, which make the result the latents at timestep 0.
    private func boundaryWeights(_ timestep: Double) -> (skip: Double, out: Double) {
        let dataDeviation = 0.5  // sigma_data of the consistency models
        let scaled = timestep * timestepScaling
        let variance = scaled * scaled + dataDeviation * dataDeviation
        return (dataDeviation * dataDeviation / variance, scaled / variance.squareRoot())
    }
}
