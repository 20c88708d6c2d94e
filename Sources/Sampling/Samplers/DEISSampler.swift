import DaguerreTensors
import Glibc

/// Diffusion exponential integrator over past noises: their polynomial in ln σ is integrated over σ.
///
/// Source: Zhang and Chen (arXiv 2204.13902), section 3.3 with ρ = σ; diffusers `DEISMultistepScheduler` for the choice of
/// the order.
struct DEISSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    /// The level before each step, and the last one's result.
    private let sigmas: [Double]
    private let options: SamplerConfiguration.MultistepOptions
    /// Noises of the last steps, the latest first.
    private var past: [Tensor] = []

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) {
        let path = SigmaPath.spanningSchedule(configuration, schedule, stepCount: stepCount)
        evaluations = path.evaluations(NoiseLevel.preserving(sigma:))
        sigmas = path.sigmas
        prediction = Prediction(configuration)
        options = configuration.multistep
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let seen = prediction.limit == .none ? estimate.noise : estimate.remainingNoise
        past = [try seen.tensor(on: backend)] + past.prefix(options.order - 1)
        let (start, end) = (sigmas[index], sigmas[index + 1])
        let (signal, target) = (estimate.level.signal, NoiseLevel.preserving(sigma: end).signal)
        let nodes = (0..<order(at: index)).map { sigmas[index - $0] }
        var next = 1 / signal * estimate.x
        for (current, noise) in zip(nodes.indices, past) {
            let weight = Self.integral(ofBasis: current, nodes: nodes, from: start, to: end)
            next = next + weight * Combination(noise)
        }
        return try (target * next).tensor(on: backend)
    }

    /// The order of step `index`: as high as the past allows, lower at the end of a short run.
    private func order(at index: Int) -> Int {
        let stepsLeft = evaluations.count - index
        // As many steps as timesteps make neighbours fall together, through which no polynomial goes.
        let distinct = (0..<past.count).prefix { $0 == 0 || sigmas[index - $0] != sigmas[index - $0 + 1] }
        let isShort = options.lowersOrderAtEnd && evaluations.count < 15
        return max(1, min(distinct.count, isShort ? stepsLeft : options.order))
    }

    /// The integral over σ of the Lagrange polynomial in ln σ that is 1 at node `basis` and 0 at the others.
    private static func integral(ofBasis basis: Int, nodes: [Double], from start: Double, to end: Double) -> Double {
        let others = nodes.indices.filter { $0 != basis }.map { log(nodes[$0]) }
        let denominator = others.reduce(1) { $0 * (log(nodes[basis]) - $1) }
        // ∫ (ln σ − a)(ln σ − b) dσ, or with fewer factors.
        func antiderivative(_ sigma: Double) -> Double {
            let l = log(sigma)
            switch others.count {
            case 0: return sigma
            case 1: return sigma * (l - 1 - others[0])
            default: return sigma * (l * l - 2 * l + 2 - (others[0] + others[1]) * (l - 1) + others[0] * others[1])
            }
        }
        return (antiderivative(end) - antiderivative(start)) / denominator
    }
}
