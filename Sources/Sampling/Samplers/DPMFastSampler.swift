import DaguerreTensors
import Glibc

/// DPM-Solver of third order in steps of equal length in ln σ, as many as the given number of evaluations allows.
///
/// It ends at the model's lowest noise level, not without noise, and knows no schedule.
///
/// Source: Lu et al., "DPM-Solver" (arXiv 2206.00927), section 3.4; k-diffusion `sample_dpm_fast`.
struct DPMFastSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    let leavesBetweenSteps = false
    private let moves: [(step: SinglestepExpansion, up: Double)]
    /// Which move each evaluation belongs to, and which of its points it is.
    private let stages: [(move: Int, point: Int)]
    private var start: Tensor?
    private var noises: [Tensor] = []

    init(_ plan: SigmaPlan) {
        self.plan = plan
        let range = plan.solverRange
        let count = plan.path.count
        var orders = Array(repeating: 3, count: count / 3)
        if count.isMultiple(of: 3) {
            // The last three evaluations are two moves, which end gently.
            orders = orders.dropLast() + [2, 1]
        } else {
            orders.append(count % 3)
        }
        let times = equallySpaced(from: range.start, to: range.end, count: orders.count + 1)
        let eta = plan.fresh.eta ?? 1
        let moves = orders.indices.map { index in
            SinglestepExpansion.ancestral(
                from: times[index], to: times[index + 1], order: orders[index], eta: eta, limit: range.end)
        }
        stages = orders.enumerated().flatMap { move, order in (0..<order).map { (move, $0) } }
        evaluations = moves.flatMap(\.step.sigmas).enumerated().map { plan.evaluation(within: $0, sigma: $1) }
        self.moves = moves
    }

    /// Reads `noise` once a move, at its end, if there is fresh noise at all.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let (move, point) = stages[index]
        let (step, up) = moves[move]
        if point == 0 {
            start = x
            noises = []
        }
        noises.append(try estimate(x, output: output, at: index, on: backend).remainingNoise.tensor(on: backend))
        let origin = start ?? x
        guard noises.count == step.order else {
            let next = point == 0 ? step.first(origin, noises[0]) : step.second(origin, noises[0], noises[1])
            return try next.tensor(on: backend)
        }
        let landed =
            switch step.order {
            case 1: step.firstOrder(origin, noises[0])
            case 2: step.secondOrder(origin, noises[0], noises[1])
            default: step.thirdOrder(origin, noises[0], noises[2])
            }
        guard plan.fresh.eta ?? 1 > 0 else { return try landed.tensor(on: backend) }
        return try (landed + plan.fresh.scale * up * noise.next(like: x, on: backend)).tensor(on: backend)
    }
}

extension SigmaPlan {
    /// From where to where DPM fast and adaptive go, in −ln σ: from the path's start to the model's lowest level.
    var solverRange: (start: Double, end: Double) {
        (-log(sigmas.first ?? 1), -log(Double(schedule.sigmas[0])))
    }
}
