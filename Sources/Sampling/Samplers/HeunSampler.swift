import DaguerreTensors

/// Heun's method: Euler's step, then the same step again with the mean of the slopes at both its ends.
///
/// Each step but the last evaluates the model twice.
///
/// Source: Karras et al., "Elucidating the Design Space" (arXiv 2206.00364), algorithm 2; k-diffusion `sample_heun`.
struct HeunSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    private let steps: TwoStageSteps
    /// What the second half of a step needs of the first.
    private var start: (x: Tensor, slope: Tensor)?

    init(_ plan: SigmaPlan) {
        self.plan = plan
        steps = TwoStageSteps(
            plan.steps.map { index in
                guard index + 1 < plan.steps.count else { return (plan.churnedEvaluation(index), nil) }
                let end = plan.evaluation(index + 1)
                return (
                    plan.churnedEvaluation(index),
                    Evaluation(step: plan.firstStep + index, timestep: end.timestep, level: end.level)
                )
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
        let length = plan.sigmas[step + 1] - plan.churnedSigma(step)
        if let (x, first) = start {
            start = nil
            return try (Combination(x) + length / 2 * (Combination(first) + slope)).tensor(on: backend)
        }
        if steps.hasSecond(step) { start = (x, try slope.tensor(on: backend)) }
        return try (Combination(x) + length * slope).tensor(on: backend)
    }
}
