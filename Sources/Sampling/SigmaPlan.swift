import DaguerreTensors
import Glibc

/// What a sampler over ratios of noise to signal goes by, of whose latents the signal is one.
struct SigmaPlan: Sendable {
    /// The sampler's name, where it was asked for by one.
    let name: SamplerName?
    let path: SigmaPath
    /// The number of the first step, which is not 0 where a run enters part-way.
    let firstStep: Int
    let initialNoiseScale: Double
    let prediction: Prediction
    let fresh: FreshNoise
    let schedule: NoiseSchedule
    /// The smallest and the largest level of the whole path above zero, between which Brownian motion is drawn.
    let brownian: BrownianRange

    init(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) {
        if let named = configuration.named {
            path = try SigmaPath.named(named, configuration, schedule, stepCount: stepCount)
            initialNoiseScale = path.sigmas.first ?? 1
            prediction = Prediction(type: configuration.predictionType, limit: .none)
        } else {
            path = SigmaPath.spanningTimesteps(configuration, schedule, stepCount: stepCount)
            initialNoiseScale = configuration.initialNoiseScale(explodingFrom: path.sigmas.max() ?? 1)
            prediction = Prediction(configuration)
        }
        name = configuration.named?.sampler
        firstStep = 0
        fresh = configuration.fresh
        self.schedule = schedule
        brownian = BrownianRange(path.sigmas)
    }

    private init(_ plan: SigmaPlan, enteringAt step: Int) {
        name = plan.name
        path = SigmaPath(
            timesteps: Array(plan.path.timesteps.dropFirst(step)), sigmas: Array(plan.path.sigmas.dropFirst(step)))
        firstStep = plan.firstStep + step
        initialNoiseScale = plan.initialNoiseScale
        prediction = plan.prediction
        fresh = plan.fresh
        schedule = plan.schedule
        brownian = plan.brownian
    }

    /// The plan without its first `step` steps.
    func entering(at step: Int) -> SigmaPlan { SigmaPlan(self, enteringAt: step) }

    /// The level before each step, and the last one's result.
    var sigmas: [Double] { path.sigmas }

    /// Steps of the plan, each by its index from 0.
    var steps: Range<Int> { 0..<path.count }

    /// The evaluation that step `index` begins with.
    func evaluation(_ index: Int) -> Evaluation {
        Evaluation(step: firstStep + index, timestep: path.timesteps[index], level: .exploding(path.sigmas[index]))
    }

    /// An evaluation within step `index`, at another level.
    func evaluation(within index: Int, sigma: Double) -> Evaluation {
        Evaluation(
            step: firstStep + index, timestep: Double(Float(schedule.timestep(ofSigma: sigma))),
            level: .exploding(sigma))
    }

    /// The level that step `index` begins at after going back by the configured churn; its own without.
    ///
    /// Source: Karras et al. (arXiv 2206.00364), algorithm 2.
    func churnedSigma(_ index: Int) -> Double {
        let sigma = sigmas[index]
        guard fresh.churn > 0, fresh.minimumSigma <= sigma, sigma <= fresh.maximumSigma else { return sigma }
        return sigma * (1 + min(fresh.churn / Double(path.count), 2.0.squareRoot() - 1))
    }

    /// The evaluation that step `index` begins with after going back.
    func churnedEvaluation(_ index: Int) -> Evaluation {
        let sigma = churnedSigma(index)
        return sigma == sigmas[index] ? evaluation(index) : evaluation(within: index, sigma: sigma)
    }

    /// Latents before step `index` with the noise that takes them back; reads `noise` once if there is churn at all.
    func churned(
        _ x: Tensor, before index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        guard fresh.churn > 0, steps.contains(index) else { return x }
        let (sigma, churned) = (sigmas[index], churnedSigma(index))
        let drawn = try noise.next(like: x, on: backend)
        let deviation = fresh.scale * max(churned * churned - sigma * sigma, 0).squareRoot()
        return try (Combination(x) + deviation * drawn).tensor(on: backend)
    }
}

/// A sampler over ratios of noise to signal, which may enter its path anywhere.
protocol SigmaSampler: Sampler {
    var plan: SigmaPlan { get }

    init(_ plan: SigmaPlan) throws(SamplingError)
}

extension SigmaSampler {
    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) throws(SamplingError) {
        try self.init(SigmaPlan(configuration, schedule, stepCount: stepCount))
    }

    var stepTimesteps: [Double] { plan.path.timesteps }
    var initialNoiseScale: Double { plan.initialNoiseScale }
    var prediction: Prediction { plan.prediction }

    func entering(at step: Int, left: Bool) throws(SamplingError) -> Self {
        step == 0 ? self : try Self(plan.entering(at: step))
    }
}
