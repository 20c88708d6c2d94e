import DaguerreTensors

/// A clean estimate at every step, noised anew for the next: multistep sampling of consistency models over any schedule.
///
/// Source: Song et al., "Consistency Models" (arXiv 2303.01469), algorithm 1.
struct ConsistencySampler: SigmaSampler {
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
        let denoised = try estimate(x, output: output, at: index, on: backend).denoised
        let next = plan.sigmas[index + 1]
        guard next > 0 else { return try denoised.tensor(on: backend) }
        return try (denoised + next * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
