import DaguerreTensors

/// Pseudo numerical methods: DDIM's transfer from timestep to timestep, along a mean of several slopes.
///
/// PLMS takes the mean of past slopes (Adams–Bashforth); with Runge–Kutta steps, the first three take four evaluations
/// each instead of falling back on fewer slopes. Means are taken of what the model says, before it is read.
///
/// Source: Liu et al. (arXiv 2202.09778), equations 11 to 13; the first two evaluations of PLMS as in CompVis latent
/// diffusion, which evaluates the second timestep twice.
struct PNDMSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    private let timesteps: WholeTimesteps
    private let spaced: [Int]
    private let skipsRungeKutta: Bool
    private let moves: [Move]
    /// Outputs of the model, the latest first.
    private var past: [Tensor] = []
    /// Where a step of several evaluations began, and the weighted sum of its outputs so far.
    private var start: Tensor?
    private var sum: Combination?

    /// What one evaluation leads to.
    private struct Move {
        enum Mean { case multistep, improvedEuler, rungeKutta(stage: Int) }

        /// The timestep from which the latents are moved, and to which.
        let origin, target: Int
        let mean: Mean
    }

    init(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) {
        let whole = WholeTimesteps(configuration, schedule)
        try self.init(
            whole, spaced: whole.spaced(stepCount), skipsRungeKutta: configuration.pndmSkipsRungeKutta,
            Prediction(configuration), enteringAt: 0, left: false)
    }

    /// Entering part-way, PLMS begins anew over the evaluations that are left, as diffusers' class does: it repeats the
    /// first of them, and so tells the model the later timesteps a step early.
    func entering(at step: Int, left: Bool) throws(SamplingError) -> PNDMSampler {
        guard step > 0 else { return self }
        return try PNDMSampler(
            timesteps, spaced: spaced, skipsRungeKutta: skipsRungeKutta, prediction, enteringAt: step, left: left)
    }

    private init(
        _ timesteps: WholeTimesteps, spaced: [Int], skipsRungeKutta: Bool, _ prediction: Prediction,
        enteringAt first: Int, left: Bool
    ) throws(SamplingError) {
        let stride = timesteps.count / max(spaced.count, 1)
        let plan =
            try skipsRungeKutta
            ? Self.multistepPlan(spaced, stride: stride, first: first, left: left)
            : Self.rungeKuttaPlan(spaced, stride: stride, first: first, limit: timesteps.count)
        try timesteps.check(plan.map(\.timestep) + plan.map(\.move.origin) + plan.map { max($0.move.target, 0) })
        self.timesteps = timesteps
        self.spaced = spaced
        self.skipsRungeKutta = skipsRungeKutta
        self.prediction = prediction
        moves = plan.map(\.move)
        evaluations = plan.map {
            Evaluation(step: $0.step, timestep: Double($0.timestep), level: timesteps.level($0.timestep))
        }
    }

    private typealias Plan = [(step: Int, timestep: Int, move: Move)]

    /// The second evaluation does the first step again, from its start, with the slopes at both its ends.
    private static func multistepPlan(_ timesteps: [Int], stride: Int, first: Int, left: Bool) -> Plan {
        let repeated = timesteps.prefix(2) + timesteps.dropFirst()
        return repeated.dropFirst(left ? first + 1 : first).enumerated().map { index, timestep in
            let move =
                index == 1
                ? Move(origin: timestep + stride, target: timestep, mean: .improvedEuler)
                : Move(origin: timestep, target: timestep - stride, mean: .multistep)
            return (first + max(index - 1, 0), timestep, move)
        }
    }

    private static func rungeKuttaPlan(
        _ timesteps: [Int], stride: Int, first: Int, limit: Int
    ) throws(SamplingError) -> Plan {
        guard timesteps.count - first >= 4 else {
            throw .stepCount(
                timesteps.count - first, sampler: "PNDM with Runge-Kutta steps (skip_prk_steps false)",
                supported: 4...max(limit, 4))
        }
        let half = stride / 2
        var plan: Plan = []
        for step in first..<first + 3 {
            let (origin, next) = (timesteps[step], timesteps[step + 1])
            for (stage, timestep) in [origin, next + half, next + half, next].enumerated() {
                let target = stage.isMultiple(of: 2) ? timestep - half : timestep
                plan.append((step, timestep, Move(origin: origin, target: target, mean: .rungeKutta(stage: stage))))
            }
        }
        for (step, timestep) in timesteps.enumerated().dropFirst(first + 3) {
            plan.append((step, timestep, Move(origin: timestep, target: timestep - stride, mean: .multistep)))
        }
        return plan
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let move = moves[index]
        let current = Combination(output)
        let origin: Tensor
        let mean: Combination
        switch move.mean {
        case .multistep:
            past = [output] + past.prefix(3)
            origin = x
            mean = Self.adamsBashforth(past.map { Combination($0) })
            if index == 0 { start = x }
        case .improvedEuler:
            origin = start ?? x
            mean = 0.5 * (current + Combination(past[0]))
        case .rungeKutta(let stage):
            if stage == 0 {
                past = [output] + past.prefix(3)
                start = x
            }
            origin = start ?? x
            let weighted = Self.rungeKuttaWeights[stage] * current
            let total = stage == 0 ? weighted : sum.map { $0 + weighted } ?? weighted
            sum = total
            mean = stage == 3 ? total : current
        }
        return try transfer(Combination(origin), along: mean, move).tensor(on: backend)
    }

    /// The deterministic step of DDIM from `x` by `output`.
    private func transfer(_ x: Combination, along output: Combination, _ move: Move) -> Combination {
        let (origin, target) = (timesteps.level(move.origin), timesteps.level(move.target))
        let estimate = prediction.unlimited(x, output: output, at: origin)
        return target.signal * estimate.denoised + target.noise * estimate.noise
    }

    private static let rungeKuttaWeights = [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6]

    /// The mean of up to four slopes, the latest first, that extrapolates to the middle of the next step.
    private static func adamsBashforth(_ slopes: [Combination]) -> Combination {
        let weights: [Double] =
            switch slopes.count {
            case 1: [1]
            case 2: [3.0 / 2, -1.0 / 2]
            case 3: [23.0 / 12, -16.0 / 12, 5.0 / 12]
            default: [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24]
            }
        return zip(weights, slopes).dropFirst().reduce(weights[0] * slopes[0]) { $0 + $1.0 * $1.1 }
    }
}
