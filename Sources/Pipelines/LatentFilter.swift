/// How latents of another size are computed from those that are there.
///
/// Source: torch 2.15 `torch.nn.functional.interpolate`, without aligned corners.
public struct LatentFilter: Hashable, Sendable {
    /// The shape that is laid over the latents.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The nearest latent, as it is (torch's `nearest-exact`).
        case nearest
        /// A triangle over two latents.
        case bilinear
        /// A cubic over four latents, a = −0.75, or −0.5 where smoothed.
        case bicubic
    }

    /// The shape.
    public let kind: Kind
    /// Whether the shape is widened where latents become fewer (torch's `antialias`); `nearest` is not.
    public let isSmoothed: Bool

    /// A filter of the given shape.
    public init(_ kind: Kind, isSmoothed: Bool = false) {
        self.kind = kind
        self.isSmoothed = isSmoothed && kind != .nearest
    }

    /// Which of `count` latents make up each of `newCount`, and by how much.
    func weights(_ count: Int, to newCount: Int) -> [[(index: Int, weight: Float)]] {
        let step = Double(count) / Double(newCount)
        return (0..<newCount).map { place in
            let centre = (Double(place) + 0.5) * step
            switch kind {
            case .nearest: return [(min(Int(centre), count - 1), 1)]
            case .bilinear, .bicubic: return isSmoothed ? smoothed(centre, step, count) : plain(centre, count)
            }
        }
    }

    /// Latents beyond the edge are those at the edge.
    private func plain(_ centre: Double, _ count: Int) -> [(index: Int, weight: Float)] {
        let reach = kind == .bilinear ? 1 : 2
        // As torch has it, a triangle does not reach over the first edge; a cubic does.
        let position = kind == .bilinear ? max(centre - 0.5, 0) : centre - 0.5
        let first = Int(position.rounded(.down))
        return (first - reach + 1...first + reach).map { index in
            (min(max(index, 0), count - 1), Float(height(at: Double(index) - position, a: -0.75)))
        }
    }

    /// Latents beyond the edge do not count; the others' weights are made to add up to 1.
    private func smoothed(_ centre: Double, _ step: Double, _ count: Int) -> [(index: Int, weight: Float)] {
        let widening = max(step, 1)
        let support = (kind == .bilinear ? 1 : 2) * widening
        let first = max(Int(centre - support + 0.5), 0)
        let last = min(Int(centre + support + 0.5), count)
        let heights = (first..<max(last, first + 1)).map { height(at: (Double($0) - centre + 0.5) / widening, a: -0.5) }
        let sum = heights.reduce(0, +)
        return heights.enumerated().map { (min(first + $0, count - 1), Float($1 / sum)) }
    }

    /// Source: Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 4.
    private func height(at distance: Double, a: Double) -> Double {
        let x = abs(distance)
        if kind == .bilinear { return max(1 - x, 0) }
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }
}
