import DaguerreTensors
import Glibc

/// DPM-Solver and DPM-Solver++, deterministic and stochastic, of first to third order over past estimates.
///
/// The linear part of the equation is solved exactly; what the model says, expanded around the last step in λ, half
/// the logarithm of the signal-to-noise ratio, is integrated against `exp(λ)`.
///
/// Source: Lu et al., "DPM-Solver" (arXiv 2206.00927) and "DPM-Solver++" (arXiv 2211.01095), multistep algorithm 2;
/// diffusers `DPMSolverMultistepScheduler` for the third order and the choice of the order.
struct DPMSolverMultistepSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    /// The level before each step, and the last one's result.
    private let levels: [NoiseLevel]
    private let options: SamplerConfiguration.MultistepOptions
    private let finalSigma: FinalSigma
    /// Estimates of the last steps, the latest first: of clean latents or of noise, as the algorithm integrates.
    private var past: [Tensor] = []

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) {
        let path = SigmaPath.spanningSchedule(configuration, schedule, stepCount: stepCount)
        evaluations = path.evaluations(NoiseLevel.preserving(sigma:))
        levels = path.sigmas.map(NoiseLevel.preserving(sigma:))
        prediction = Prediction(configuration)
        options = configuration.multistep
        finalSigma = configuration.finalSigma
    }

    /// Reads `noise` once under a stochastic algorithm, unless the next level is without noise.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let integrand =
            switch options.algorithm {
            case .dpmSolverPlusPlus, .stochasticPlusPlus: estimate.denoised
            case .dpmSolver, .stochastic: prediction.limit == .none ? estimate.noise : estimate.remainingNoise
            }
        past = [try integrand.tensor(on: backend)] + past.prefix(options.order - 1)

        let order = order(at: index)
        let weights = Weights(options.algorithm, from: levels[index], to: levels[index + 1])
        let derivatives = derivatives(at: index, order: order)
        var next = weights.x * estimate.x + weights.value * Combination(past[0])
        if order == 2, options.rule == .midpoint {
            next = next + weights.value / 2 * derivatives[0]
        } else {
            for (weight, derivative) in zip([weights.first, weights.second], derivatives) {
                next = next + weight * derivative
            }
        }
        if weights.noise > 0 { next = try next + weights.noise * noise.next(like: x, on: backend) }
        return try next.tensor(on: backend)
    }

    /// The order of step `index`: as high as the past allows, lower at the end of a short run.
    private func order(at index: Int) -> Int {
        let stepsLeft = evaluations.count - index
        let isShort = options.lowersOrderAtEnd && evaluations.count < 15
        if stepsLeft == 1, isShort || options.endsWithEuler || finalSigma == .zero { return 1 }
        // As many steps as timesteps make neighbours fall together, which gives no derivative.
        let distinct = (0..<past.count).prefix { levels[index + 1 - $0] != levels[index - $0] }
        return max(1, min(distinct.count, isShort ? stepsLeft : options.order))
    }

    /// Derivatives of the integrand by λ, in units of the step, from divided differences of past estimates.
    private func derivatives(at index: Int, order: Int) -> [Combination] {
        guard order > 1 else { return [] }
        let logSNRs = (0...order).map { levels[index + 1 - $0].logSNR }
        let step = logSNRs[0] - logSNRs[1]
        let latest = step / (logSNRs[1] - logSNRs[2]) * (Combination(past[0]) - Combination(past[1]))
        guard order > 2 else { return [latest] }
        let (ratio, earlierRatio) = ((logSNRs[1] - logSNRs[2]) / step, (logSNRs[2] - logSNRs[3]) / step)
        let earlier = 1 / earlierRatio * (Combination(past[1]) - Combination(past[2]))
        let change = 1 / (ratio + earlierRatio) * (latest - earlier)
        return [latest + ratio * change, change]
    }

    /// What the latents, the integrand, its derivatives and fresh noise count for in one step.
    private struct Weights {
        var x, value, first, second: Double
        var noise = 0.0

        init(_ algorithm: DPMSolverAlgorithm, from start: NoiseLevel, to end: NoiseLevel) {
            let h = end.logSNR - start.logSNR
            switch algorithm {
            case .dpmSolverPlusPlus:
                let decay = expm1(-h)
                x = end.noise / start.noise
                value = -end.signal * decay
                first = end.signal * (decay / h + 1)
                second = -end.signal * ((decay + h) / (h * h) - 0.5)
            case .dpmSolver:
                let growth = expm1(h)
                x = end.signal / start.signal
                value = -end.noise * growth
                first = -end.noise * (growth / h - 1)
                second = -end.noise * ((growth - h) / (h * h) - 0.5)
            case .stochasticPlusPlus:
                let loss = -expm1(-2 * h)
                x = end.noise / start.noise * exp(-h)
                value = end.signal * loss
                first = end.signal * (1 - loss / (2 * h))
                second = end.signal * ((loss - 2 * h) / (4 * h * h) - 0.5)
                noise = end.noise * loss.squareRoot()
            case .stochastic:
                let growth = expm1(h)
                x = end.signal / start.signal
                value = -2 * end.noise * growth
                first = -2 * end.noise * (growth / h - 1)
                second = 0
                noise = end.noise * expm1(2 * h).squareRoot()
            }
        }
    }
}
