import Glibc

extension TimestepSpacing {
    /// The timesteps of `count` steps over `total` of training, the noisiest first.
    ///
    /// `last` counts the timesteps that may be used. `dropsEnd` spaces one more and leaves out the least noisy, which
    /// multistep solvers reach by their last step; it also rounds `linspace`, as `rounded` does.
    func timesteps(
        count: Int, of total: Int, last: Int, offset: Int, rounded: Bool, dropsEnd: Bool = false
    ) -> [Double] {
        let points = dropsEnd ? count + 1 : count
        let rising: [Double]
        switch self {
        case .linspace:
            rising = equallySpaced(from: 0, to: Double(last - 1), count: points)
                .map { rounded ? $0.rounded(.toNearestOrEven) : Double(Float($0)) }
        case .leading:
            rising = (0..<points).map { Double($0 * (last / points) + offset) }
        case .trailing:
            // Terms and their number as NumPy's `arange` has them: rounding may add a term.
            let ratio = Double(total) / Double(count)
            let difference = Double(last) - ratio - Double(last)
            return (0..<Int((Double(last) / ratio).rounded(.up))).map { i in
                (Double(last) + Double(i) * difference).rounded(.toNearestOrEven) - 1
            }
        }
        return (dropsEnd ? rising.dropFirst() : rising[...]).reversed()
    }
}

extension SigmaSpacing {
    /// `count` noise levels from `maximum` down to `minimum`.
    func sigmas(from maximum: Double, to minimum: Double, count: Int) -> [Double] {
        let ramp = equallySpaced(from: 0, to: 1, count: count)
        switch self {
        case .karras:
            let rho = 7.0
            let (start, end) = (pow(maximum, 1 / rho), pow(minimum, 1 / rho))
            return ramp.map { pow(start + $0 * (end - start), rho) }
        case .exponential:
            return equallySpaced(from: log(maximum), to: log(minimum), count: count).map { exp($0) }
        case .lu:
            let (start, end) = (log(maximum), log(minimum))
            return ramp.map { exp(start + $0 * (end - start)) }
        case .beta:
            let distribution = BetaDistribution(alpha: 0.6, beta: 0.6)
            return ramp.map { minimum + distribution.quantile(1 - $0) * (maximum - minimum) }
        case .timesteps:
            return ramp.map { maximum + $0 * (minimum - maximum) }
        }
    }
}

/// `count` numbers from `start` to `end`, rounded as NumPy's `linspace` rounds them.
func equallySpaced(from start: Double, to end: Double, count: Int) -> [Double] {
    guard count > 1 else { return count == 1 ? [start] : [] }
    let step = (end - start) / Double(count - 1)
    return (0..<count).map { $0 == count - 1 ? end : Double($0) * step + start }
}
