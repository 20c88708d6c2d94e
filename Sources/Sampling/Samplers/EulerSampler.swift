import DaguerreTensors

/// Euler's method: straight along the line from the latents to the clean estimate, to the next noise level.
///
/// Source: Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), algorithm 2 without its second-order
/// correction; k-diffusion `sample_euler`.
struct EulerSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan

    init(_ plan: SigmaPlan) {
        self.plan = plan
        evaluations = plan.steps.map(plan.churnedEvaluation)
    }

    func level(before index: Int) -> NoiseLevel { .exploding(plan.sigmas[index]) }

    func prepared(
        _ x: Tensor, for index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        try plan.churned(x, before: index, noise: &noise, on: backend)
    }

    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let step = plan.sigmas[index + 1] - estimate.level.noise
        return try (estimate.x + step * estimate.remainingNoise).tensor(on: backend)
    }
}
