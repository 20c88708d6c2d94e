import Glibc

/// The interval of noise levels over which one Brownian motion is drawn.
public struct BrownianRange: Sendable, Equatable {
    /// Its ends, as ratios of noise to signal.
    public let low, high: Double

    /// From `low` to `high`.
    public init(low: Double, high: Double) {
        (self.low, self.high) = (low, high)
    }

    /// From the smallest level above zero to the largest.
    init(_ sigmas: [Double]) {
        high = sigmas.max() ?? 1
        low = sigmas.filter { $0 > 0 }.min() ?? high
    }
}

/// A Brownian motion whose path depends on its seed alone, not on where and in which order it is asked for.
///
/// The interval is halved until the points that are asked for are ends of halves; each half has a seed of its own, by
/// its place. Points are rounded to a millionth.
///
/// Source: Li et al., "Scalable Gradients for Stochastic Differential Equations" (arXiv 2001.01328), section 4; torchsde
/// `BrownianInterval` with `halfway_tree`, `tol` 1e-6 and `pool_size` 24, whose numbers it gives.
package struct BrownianTree: Sendable {
    private let source: RandomSource
    private let entropy: UInt64
    private let count: Int
    private let root: Interval
    private let rootIncrement: [Float]
    /// Increments of intervals that were gone through lately.
    private var increments: [Interval: [Float]] = [:]

    /// One half of a half … of the whole.
    private struct Interval: Hashable {
        let start, end: Double
        /// Its number among those of its depth, from the left.
        let index: UInt64
        let depth: Int

        var middle: Double { BrownianTree.rounded(0.5 * (end + start)) }
        var left: Interval { Interval(start: start, end: middle, index: 2 &* index, depth: depth + 1) }
        var right: Interval { Interval(start: middle, end: end, index: 2 &* index &+ 1, depth: depth + 1) }
    }

    private static let poolSize = 24
    /// Halvings after which an interval is taken whole; a millionth of the largest noise level is reached long before.
    private static let maximumDepth = 60
    private static let cachedCount = 64

    /// The motion of `count` numbers at once over `range`, for `seed`; where it has to draw, it draws as `source` does.
    package init(_ source: RandomSource, seed: UInt64, count: Int, range: BrownianRange) {
        self.source = source
        self.count = count
        entropy = seed
        root = Interval(start: Self.rounded(range.low), end: Self.rounded(range.high), index: 0, depth: 0)
        let first = SeedSequence(entropy: seed, poolSize: Self.poolSize).seeds(1)
        let deviation = Float(max(range.high - range.low, 0).squareRoot())
        rootIncrement = Self.normal(source, seed: first[0], count: count).map { $0 * deviation }
    }

    /// The increment of the motion from `start` to `end`, negative where it is gone through backwards.
    package mutating func increment(from start: Double, to end: Double) -> [Float] {
        if start > end { return increment(from: end, to: start).map { -$0 } }
        func within(_ time: Double) -> Double { min(max(Self.rounded(time), root.start), root.end) }
        let (start, end) = (within(start), within(end))
        var sum: [Float]?
        if start < end { collect(root, rootIncrement, from: start, to: end, into: &sum) }
        return sum ?? Array(repeating: 0, count: count)
    }

    /// Adds the increments of the largest halves of `interval` that make up what lies between `start` and `end`.
    private mutating func collect(
        _ interval: Interval, _ increment: [Float], from start: Double, to end: Double, into sum: inout [Float]?
    ) {
        let isWhole = start == interval.start && end == interval.end
        guard !isWhole, interval.depth < Self.maximumDepth else {
            sum = sum.map { zip($0, increment).map { $0 + $1 } } ?? increment
            return
        }
        let left = leftIncrement(of: interval, increment)
        let middle = interval.middle
        if start < middle { collect(interval.left, left, from: start, to: min(end, middle), into: &sum) }
        if end > middle {
            let right = zip(increment, left).map { $0 - $1 }
            collect(interval.right, right, from: max(start, middle), to: end, into: &sum)
        }
    }

    /// The increment over the left half of `interval`, given that over the whole: a Brownian bridge.
    private mutating func leftIncrement(of interval: Interval, _ increment: [Float]) -> [Float] {
        if let known = increments[interval] { return known }
        let seeds = SeedSequence(
            entropy: entropy, spawnKey: [interval.index, UInt64(interval.depth)], poolSize: Self.poolSize
        ).seeds(1)
        let (length, middle) = (interval.end - interval.start, interval.middle)
        let (left, right) = (middle - interval.start, interval.end - middle)
        let reciprocal = 1 / length
        let deviation = Float((left * right * reciprocal).squareRoot())
        let normal = Self.normal(source, seed: seeds[0], count: count)
        let half = zip(increment, normal).map { $0 * Float(left) * Float(reciprocal) + deviation * $1 }
        if increments.count >= Self.cachedCount { increments.removeAll(keepingCapacity: true) }
        increments[interval] = half
        return half
    }

    private static func normal(_ source: RandomSource, seed: UInt32, count: Int) -> [Float] {
        switch source {
        case .torch:
            var generator = TorchNormal(seed: UInt64(seed))
            return generator.next(count)
        case .philox:
            var generator = PhiloxNormal(seed: UInt64(seed))
            return generator.next(count)
        }
    }

    /// To six decimals, as Python's `round`: the exact value decides, and a tie goes to the even digit.
    package static func rounded(_ value: Double) -> Double {
        let scale = 1e6
        let product = value * scale
        guard product.isFinite, abs(product) < 0x1p52 else { return value }
        // What the product lost in rounding decides where it seems to lie in the middle.
        let rest = (-product).addingProduct(value, scale)
        let lower = product.rounded(.down)
        let distance = product - lower - 0.5
        let isUpper = distance > 0 || distance == 0 && (rest > 0 || rest == 0 && !lower.remainder(dividingBy: 2).isZero)
        return (isUpper ? lower + 1 : lower) / scale
    }
}
