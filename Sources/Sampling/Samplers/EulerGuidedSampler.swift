import DaguerreTensors

/// Euler's method under CFG++, plain and ancestral: the guided clean estimate, noised with what the model says without
/// the prompt.
///
/// Source: Chung et al., "CFG++" (arXiv 2406.08070), algorithm 2, whose renoising is carried over to σ.
struct EulerGuidedSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan

    init(_ plan: SigmaPlan) {
        self.plan = plan
        evaluations = plan.steps.map(plan.evaluation)
    }

    func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        try step(x, output: output, unconditional: output, at: index, noise: &noise, on: backend)
    }

    /// Reads `noise` once if the sampler is ancestral, unless the next level is without noise.
    func step(
        _ x: Tensor, output: Tensor, unconditional: Tensor, at index: Int, noise: inout some NoiseSource,
        on backend: some Backend
    ) throws -> Tensor {
        let denoised = try estimate(x, output: output, at: index, on: backend).denoised
        let renoised = try estimate(x, output: unconditional, at: index, on: backend).remainingNoise
        let eta = plan.name == .eulerAncestralGuidedPlusPlus ? plan.fresh.eta ?? 1 : 0
        let step = AncestralStep(from: plan.sigmas[index], to: plan.sigmas[index + 1], eta: eta)
        let landed = denoised + step.down * renoised
        guard step.up > 0 else { return try landed.tensor(on: backend) }
        return try (landed + plan.fresh.scale * step.up * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
