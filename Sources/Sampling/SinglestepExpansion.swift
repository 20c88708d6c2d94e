import DaguerreTensors
import Glibc

/// One step of DPM-Solver of first to third order, from the noise that the model sees at up to three points of the step.
///
/// Time is t = −ln σ. The second point lies at a third of the step for the third order, at a half for the second.
///
/// Source: Lu et al., "DPM-Solver" (arXiv 2206.00927), algorithms 1 and 2 in σ; k-diffusion `DPMSolver`.
struct SinglestepExpansion: Sendable {
    let start, end: Double
    let order: Int

    private var h: Double { end - start }
    private var firstRatio: Double { order == 3 ? 1.0 / 3 : 1.0 / 2 }
    private static let secondRatio = 2.0 / 3

    /// The noise levels at which the model is evaluated, the step's start first.
    var sigmas: [Double] {
        [0, firstRatio, Self.secondRatio].prefix(order).map { exp(-(start + $0 * h)) }
    }

    /// The latents at the second point.
    func first(_ x: Tensor, _ noise: Tensor) -> Combination {
        Combination(x) - exp(-(start + firstRatio * h)) * expm1(firstRatio * h) * Combination(noise)
    }

    /// The latents at the third point.
    func second(_ x: Tensor, _ noise: Tensor, _ first: Tensor) -> Combination {
        let ratio = Self.secondRatio
        let sigma = exp(-(start + ratio * h))
        return Combination(x) - sigma * expm1(ratio * h) * Combination(noise)
            - sigma * ratio / firstRatio * (expm1(ratio * h) / (ratio * h) - 1)
            * (Combination(first) - Combination(noise))
    }

    /// The latents at the end, to first order.
    func firstOrder(_ x: Tensor, _ noise: Tensor) -> Combination {
        Combination(x) - exp(-end) * expm1(h) * Combination(noise)
    }

    /// The latents at the end, to second order.
    func secondOrder(_ x: Tensor, _ noise: Tensor, _ first: Tensor) -> Combination {
        firstOrder(x, noise)
            - exp(-end) / (2 * firstRatio) * expm1(h) * (Combination(first) - Combination(noise))
    }

    /// The latents at the end, to third order.
    func thirdOrder(_ x: Tensor, _ noise: Tensor, _ second: Tensor) -> Combination {
        firstOrder(x, noise)
            - exp(-end) / Self.secondRatio * (expm1(h) / h - 1) * (Combination(second) - Combination(noise))
    }

    /// A step from `start` towards `end` that stops short, and the deviation of the fresh noise that leads the rest of
    /// the way up to the level of `end`; never past `limit`.
    static func ancestral(
        from start: Double, to end: Double, order: Int, eta: Double, limit: Double
    ) -> (step: SinglestepExpansion, up: Double) {
        guard eta > 0 else { return (SinglestepExpansion(start: start, end: end, order: order), 0) }
        let down = AncestralStep(from: exp(-start), to: exp(-end), eta: eta).down
        let landing = min(limit, -log(down))
        let variance = exp(-2 * end) - exp(-2 * landing)
        return (SinglestepExpansion(start: start, end: landing, order: order), max(variance, 0).squareRoot())
    }
}
