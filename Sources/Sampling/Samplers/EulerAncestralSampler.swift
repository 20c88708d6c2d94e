import DaguerreTensors

/// Euler's method past the next noise level, then back up to it with fresh noise.
///
/// Source: k-diffusion `sample_euler_ancestral`.
struct EulerAncestralSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan

    init(_ plan: SigmaPlan) {
        self.plan = plan
        evaluations = plan.steps.map(plan.evaluation)
    }

    /// Reads `noise` once unless the next level is without noise.
    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let (sigma, next) = (plan.sigmas[index], plan.sigmas[index + 1])
        let step = AncestralStep(from: sigma, to: next, eta: plan.fresh.eta ?? 1)
        let landed = estimate.x + (step.down - sigma) * estimate.remainingNoise
        guard step.up > 0 else { return try landed.tensor(on: backend) }
        return try (landed + plan.fresh.scale * step.up * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
