import DaguerreTensors

/// DPM-Solver-2 in σ: to the geometric middle of a step, and from its start again with the slope found there.
///
/// Each step evaluates the model twice, but for one that ends without noise.
///
/// Source: k-diffusion `sample_dpm_2` and `sample_dpm_2_ancestral`; Lu et al. (arXiv 2206.00927), algorithm 1.
struct DPM2Sampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    private let steps: TwoStageSteps
    /// What the second half of a step needs of the first.
    private var start: Tensor?

    init(_ plan: SigmaPlan) {
        self.plan = plan
        steps = TwoStageSteps(
            plan.steps.map { index in
                let (sigma, next) = (plan.churnedSigma(index), plan.sigmas[index + 1])
                let middle = next > 0 ? plan.evaluation(within: index, sigma: (sigma * next).squareRoot()) : nil
                return (plan.churnedEvaluation(index), middle)
            })
        evaluations = steps.evaluations
    }

    func level(before index: Int) -> NoiseLevel {
        steps.isSecond(index) ? evaluations[index].level : .exploding(plan.sigmas[steps.step(index)])
    }

    func prepared(
        _ x: Tensor, for index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        guard !steps.isSecond(index) else { return x }
        return try plan.churned(x, before: steps.step(index), noise: &noise, on: backend)
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let slope = try estimate(x, output: output, at: index, on: backend).remainingNoise
        let step = steps.step(index)
        var end = plan.sigmas[step + 1]
        if !steps.isSecond(index), steps.hasSecond(step) {
            start = x
            end = evaluations[index + 1].level.noise
        }
        let origin = steps.isSecond(index) ? start ?? x : x
        return try (Combination(origin) + (end - plan.churnedSigma(step)) * slope).tensor(on: backend)
    }
}

/// ``DPM2Sampler`` past the next noise level, then back up to it with fresh noise.
struct DPM2AncestralSampler: SigmaSampler {
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

    /// Reads `noise` once a step of two evaluations, at its end.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let slope = try estimate(x, output: output, at: index, on: backend).remainingNoise
        let step = steps.step(index)
        let (sigma, down) = (plan.sigmas[step], ancestral[step].down)
        guard steps.isSecond(index) else {
            start = x
            let end = steps.hasSecond(step) ? evaluations[index + 1].level.noise : down
            return try (Combination(x) + (end - sigma) * slope).tensor(on: backend)
        }
        let landed = Combination(start ?? x) + (down - sigma) * slope
        let deviation = plan.fresh.scale * ancestral[step].up
        return try (landed + deviation * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}
