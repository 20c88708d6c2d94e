/// Which pixels along one axis make up each new pixel, and how much each counts.
struct ResamplingWeights {
    /// Bits after the point of a weight: 8 bits hold the sample and 2 what overshoots.
    static let fractionBits = 22

    /// For each new pixel, the first pixel that counts and where its weights start.
    private(set) var starts: [(pixel: Int, weight: Int)] = []
    /// For each new pixel, how many pixels count.
    private(set) var counts: [Int] = []
    /// All weights, one new pixel after another, in fixed point.
    private(set) var weights: [Int32] = []

    /// Weights that bring `count` pixels to `target`; a filter widens where the picture becomes smaller.
    ///
    /// Source: Pillow 13.0.0 Resample.c `precompute_coeffs`, `normalize_coeffs_8bpc`.
    init(_ filter: ResamplingFilter, from count: Int, to target: Int) {
        let scale = Double(count) / Double(target)
        let stretch = max(scale, 1)
        let support = filter.support * stretch
        for i in 0..<target {
            let center = (Double(i) + 0.5) * scale
            let first = max(Int(center - support + 0.5), 0)
            let end = min(Int(center + support + 0.5), count)
            var raw = (first..<max(end, first)).map { x in
                filter.weight(at: (Double(x) - center + 0.5) * (1 / stretch))
            }
            let sum = raw.reduce(0, +)
            if sum != 0 { for k in raw.indices { raw[k] /= sum } }
            starts.append((first, weights.count))
            counts.append(raw.count)
            weights += raw.map { Self.fixed($0) }
        }
    }

    private static func fixed(_ weight: Double) -> Int32 {
        let scaled = weight * Double(1 << fractionBits)
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
}
