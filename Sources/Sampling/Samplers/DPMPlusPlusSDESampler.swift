import DaguerreTensors

/// DPM-Solver++ as a stochastic equation, with two evaluations in a step: to the geometric middle, and from the start
/// again with the clean estimate found there.
///
/// Source: k-diffusion `sample_dpmpp_sde` with r = ½, of which the first estimate has no weight in the second half.
struct DPMPlusPlusSDESampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    private let steps: TwoStageSteps
    private var start: Tensor?

    init(_ plan: SigmaPlan) {
        self.plan = plan
        steps = TwoStageSteps(
            plan.steps.map { index in
                let (sigma, next) = (plan.sigmas[index], plan.sigmas[index + 1])
                let middle = next > 0 ? plan.evaluation(within: index, sigma: (sigma * next).squareRoot()) : nil
                return (plan.evaluation(index), middle)
            })
        evaluations = steps.evaluations
    }

    /// Reads the Brownian motion from the step's start to each evaluation's end, unless that is without noise.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let denoised = try estimate(x, output: output, at: index, on: backend).denoised
        let step = steps.step(index)
        let sigma = plan.sigmas[step]
        var end = plan.sigmas[step + 1]
        guard end > 0 else { return try denoised.tensor(on: backend) }
        if !steps.isSecond(index) {
            start = x
            end = evaluations[index + 1].level.noise
        }
        let origin = steps.isSecond(index) ? start ?? x : x
        let ancestral = AncestralStep(from: sigma, to: end, eta: plan.fresh.eta ?? 1)
        let kept = ancestral.down / sigma
        let landed = kept * Combination(origin) + (1 - kept) * denoised
        guard ancestral.up > 0 else { return try landed.tensor(on: backend) }
        let drawn = try noise.brownian(like: x, from: sigma, to: end, in: plan.brownian, on: backend)
        return try (landed + plan.fresh.scale * ancestral.up * drawn).tensor(on: backend)
    }
}
