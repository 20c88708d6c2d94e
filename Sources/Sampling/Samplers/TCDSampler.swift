import DaguerreTensors

/// Trajectory consistency distillation: to a point past the next timestep, and back up to it with fresh noise.
///
/// How far past is `eta`, the paper's γ: 0 is deterministic, 1 goes to the clean estimate every time.
///
/// Source: Zheng et al. (arXiv 2402.19159), algorithm 4 (strategic stochastic sampling); diffusers `TCDScheduler`.
struct TCDSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    private let timesteps: WholeTimesteps
    private let eta: Double

    private static let ownEta = 0.3

    init(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) {
        timesteps = WholeTimesteps(configuration, schedule)
        let originalSteps = configuration.lcm.originalSteps
        guard stepCount <= originalSteps else {
            throw .stepCount(stepCount, sampler: "TCD", supported: 1...originalSteps)
        }
        eta = configuration.fresh.eta ?? Self.ownEta
        guard 0...1 ~= eta else { throw .outOfRange("eta", value: eta, expected: "a number from 0 to 1 for TCD") }
        let stride = timesteps.count / originalSteps
        evaluations = try timesteps.evaluations(
            (0..<stepCount).map { step in
                (originalSteps - Int(Double(step) * (Double(originalSteps) / Double(stepCount)))) * stride - 1
            })
        prediction = Prediction(type: configuration.predictionType, limit: .none)
    }

    /// Reads `noise` once at every step but the last, if `eta` is not 0.
    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let next = index + 1 < evaluations.count ? Int(evaluations[index + 1].timestep) : 0
        // In float32, as diffusers has it: a product that rounds up is another timestep.
        let landing = timesteps.level(Int(Float(1 - eta) * Float(next)))
        let landed = landing.signal * estimate.denoised + landing.noise * estimate.noise
        guard eta > 0, index + 1 < evaluations.count else { return try landed.tensor(on: backend) }
        let ratio = timesteps.signalPower(next) / (landing.signal * landing.signal)
        let drawn = try noise.next(like: x, on: backend)
        return try (ratio.squareRoot() * landed + max(1 - ratio, 0).squareRoot() * drawn).tensor(on: backend)
    }
}
