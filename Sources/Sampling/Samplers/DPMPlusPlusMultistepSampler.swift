import DaguerreTensors
import Glibc

/// DPM-Solver++ over past clean estimates, ordinary and stochastic, of second and third order.
///
/// Unlike diffusers' class, it takes every step but the last at full order, and adds Brownian noise, as much as `eta` says.
///
/// Source: k-diffusion `sample_dpmpp_2m`, `sample_dpmpp_2m_sde`, `sample_dpmpp_3m_sde`; Lu et al. (arXiv 2211.01095).
struct DPMPlusPlusMultistepSampler: SigmaSampler {
    /// How past estimates are weighed.
    private enum Rule { case midpoint, heun, thirdOrder }

    let evaluations: [Evaluation]
    let plan: SigmaPlan
    private let rule: Rule
    private let eta: Double
    /// Clean estimates of the last steps, the latest first.
    private var past: [Tensor] = []

    init(_ plan: SigmaPlan) {
        self.plan = plan
        rule =
            switch plan.name {
            case .dpmPlusPlus2MStochasticHeun: .heun
            case .dpmPlusPlus3MStochastic: .thirdOrder
            default: .midpoint
            }
        eta = plan.name == .dpmPlusPlus2M ? 0 : plan.fresh.eta ?? 1
        evaluations = plan.steps.map(plan.evaluation)
    }

    /// Reads the Brownian motion over the step if `eta` is not 0 and the next level is not without noise.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let denoised = try estimate(x, output: output, at: index, on: backend).denoised.tensor(on: backend)
        let (sigma, next) = (plan.sigmas[index], plan.sigmas[index + 1])
        guard next > 0 else { return denoised }
        past = [denoised] + past.prefix(2)
        let h = log(sigma / next)
        let spread = (1 + eta) * h
        var landed = next / sigma * exp(-eta * h) * Combination(x) - expm1(-spread) * Combination(denoised)
        for (weight, derivative) in derivatives(at: index, h: h, spread: spread) {
            landed = landed + weight * derivative
        }
        guard eta > 0 else { return try landed.tensor(on: backend) }
        let deviation = plan.fresh.scale * next * (-expm1(-2 * eta * h)).squareRoot()
        let drawn = try noise.brownian(like: x, from: sigma, to: next, in: plan.brownian, on: backend)
        return try (landed + deviation * drawn).tensor(on: backend)
    }

    /// Derivatives of the clean estimate by λ in units of the step, from divided differences, and their weights.
    private func derivatives(at index: Int, h: Double, spread: Double) -> [(weight: Double, Combination)] {
        // As many steps as levels make neighbours fall together, which gives no derivative.
        let lengths = (1..<past.count).map { log(plan.sigmas[index - $0] / plan.sigmas[index - $0 + 1]) }
            .prefix { $0 != 0 }
        guard let last = lengths.first, h != 0 else { return [] }
        let latest = h / last * (Combination(past[0]) - Combination(past[1]))
        let second = expm1(-spread) / spread + 1
        if rule == .midpoint { return [(-expm1(-spread) / 2, latest)] }
        guard rule == .thirdOrder, lengths.count > 1 else { return [(second, latest)] }
        let (ratio, earlierRatio) = (lengths[0] / h, lengths[1] / h)
        let earlier = 1 / earlierRatio * (Combination(past[1]) - Combination(past[2]))
        let change = 1 / (ratio + earlierRatio) * (latest - earlier)
        return [(second, latest + ratio * change), (0.5 - second / spread, change)]
    }
}
