import DaguerreTensors

/// Heun's method that goes through a middle stretch of the noise levels again: there and back, fresh noise undoes part of
/// the error that the solver has made.
///
/// From 20 steps on, some of them are spent on going again from σ ≈ 0.1 to 2 and down: 9 of them once, from 36 steps on a
/// quarter of them twice. As AUTOMATIC1111 has it, the others are then spaced as Karras et al. do.
///
/// Source: Xu et al., "Restart Sampling" (arXiv 2306.14878), algorithm 1, with one interval.
struct RestartSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    let leavesBetweenSteps = false
    private let moves: [Move]
    private let steps: TwoStageSteps
    private var start: (x: Tensor, slope: Tensor)?

    /// One step down, from one level to another.
    private struct Move { let from, to: Double }

    private static let interval = (low: 0.1, high: 2.0)

    init(_ plan: SigmaPlan) {
        self.plan = plan
        moves = Self.moves(plan.sigmas)
        steps = TwoStageSteps(
            moves.enumerated().map { index, move in
                (
                    plan.evaluation(within: index, sigma: move.from),
                    move.to > 0 ? plan.evaluation(within: index, sigma: move.to) : nil
                )
            })
        evaluations = steps.evaluations
    }

    /// As many moves as `path` has steps.
    private static func moves(_ path: [Double]) -> [Move] {
        let count = path.count - 1
        guard count >= 20 else { return zip(path, path.dropFirst()).map { Move(from: $0, to: $1) } }
        let (again, times) = count >= 36 ? (count / 4, 2) : (9, 1)
        func karras(_ count: Int, from high: Double, to low: Double) -> [Double] {
            SigmaSpacing.karras.sigmas(from: high, to: low, count: count).map { Double(Float($0)) }
        }
        let main = karras(count - again * times, from: path[0], to: path[count - 1]) + [0]
        // The levels of the path that come closest to the interval's ends.
        func nearest(_ level: Double) -> Int {
            main.indices.min { abs(main[$0] - level) < abs(main[$1] - level) } ?? 0
        }
        let (low, high) = (nearest(interval.low), nearest(interval.high))
        var moves: [Move] = []
        for index in 0..<main.count - 1 {
            moves.append(Move(from: main[index], to: main[index + 1]))
            guard index + 1 == low, high < low else { continue }
            let stretch = karras(again + 1, from: main[high], to: main[low])
            for _ in 0..<times { moves += zip(stretch, stretch.dropFirst()).map { Move(from: $0, to: $1) } }
        }
        return moves
    }

    func level(before index: Int) -> NoiseLevel {
        guard let lower = restart(before: index) else { return evaluations[index].level }
        return .exploding(lower)
    }

    /// Reads `noise` once where the levels are gone through again.
    func prepared(
        _ x: Tensor, for index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        guard let lower = restart(before: index) else { return x }
        let upper = moves[steps.step(index)].from
        let deviation = plan.fresh.scale * (upper * upper - lower * lower).squareRoot()
        return try (Combination(x) + deviation * noise.next(like: x, on: backend)).tensor(on: backend)
    }

    /// The level that the last move led to, if evaluation `index` begins one that is higher.
    private func restart(before index: Int) -> Double? {
        let step = steps.step(index)
        guard step > 0, !steps.isSecond(index), moves[step - 1].to < moves[step].from else { return nil }
        return moves[step - 1].to
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let slope = try estimate(x, output: output, at: index, on: backend).remainingNoise
        let step = steps.step(index)
        let length = moves[step].to - moves[step].from
        if let (x, first) = start {
            start = nil
            return try (Combination(x) + length / 2 * (Combination(first) + slope)).tensor(on: backend)
        }
        if steps.hasSecond(step) { start = (x, try slope.tensor(on: backend)) }
        return try (Combination(x) + length * slope).tensor(on: backend)
    }
}
