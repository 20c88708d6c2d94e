import DaguerreTensors

/// DPM-Solver++ with two evaluations in a step, past the next noise level, then back up to it with fresh noise.
///
/// Source: k-diffusion `sample_dpmpp_2s_ancestral`; Lu et al., "DPM-Solver++" (arXiv 2211.01095), algorithm 1.
struct DPMPlusPlus2SAncestralSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    private let steps: TwoStageSteps
    private let ancestral: [AncestralStep]
    private var start: Tensor?

    init(_ plan: SigmaPlan) {
        self.plan = plan
        let ancestral = plan.steps.map {
            AncestralStep(from: plan.sigmas[$0], to: plan.sigmas[$0 + 1], eta: plan.fresh.eta ?? 1)
        }
        self.ancestral = ancestral
        steps = TwoStageSteps(
            plan.steps.map { index in
                let middle = (plan.sigmas[index] * ancestral[index].down).squareRoot()
                return (plan.evaluation(index), middle > 0 ? plan.evaluation(within: index, sigma: middle) : nil)
            })
        evaluations = steps.evaluations
    }

    /// Reads `noise` once a step, at its end, unless the next level is without noise.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let denoised = try estimate(x, output: output, at: index, on: backend).denoised
        let step = steps.step(index)
        let sigma = plan.sigmas[step]
        if !steps.isSecond(index), steps.hasSecond(step) {
            start = x
            let kept = evaluations[index + 1].level.noise / sigma
            return try (kept * Combination(x) + (1 - kept) * denoised).tensor(on: backend)
        }
        let kept = ancestral[step].down / sigma
        let origin = steps.isSecond(index) ? start ?? x : x
        let landed = kept * Combination(origin) + (1 - kept) * denoised
        guard plan.sigmas[step + 1] > 0 else { return try landed.tensor(on: backend) }
        let deviation = plan.fresh.scale * ancestral[step].up
        return try (landed + deviation * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
