import Glibc

/// The distribution Beta(alpha, beta) over the interval from 0 to 1.
package struct BetaDistribution: Sendable {
    let alpha, beta: Double

    package init(alpha: Double, beta: Double) {
        self.alpha = alpha
        self.beta = beta
    }

    /// The point below which lies `probability` of the distribution, to about 1e-15.
    ///
    /// Source: bisection of ``cumulative(_:)``, which is monotonic.
    package func quantile(_ probability: Double) -> Double {
        guard probability > 0 else { return 0 }
        guard probability < 1 else { return 1 }
        var (low, high) = (0.0, 1.0)
        while true {
            let middle = (low + high) / 2
            // No number lies between the two any more.
            guard middle > low, middle < high else { return middle }
            if cumulative(middle) < probability { low = middle } else { high = middle }
        }
    }

    /// The probability of a value below `x`: the regularised incomplete beta function.
    ///
    /// Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction) and 8.17.4 (reflection).
    package func cumulative(_ x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        // The fraction converges fast on this side of the mean only.
        if x > (alpha + 1) / (alpha + beta + 2) {
            return 1 - BetaDistribution(alpha: beta, beta: alpha).cumulative(1 - x)
        }
        let logarithm = alpha * log(x) + beta * log1p(-x) + lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)
        return exp(logarithm) / (alpha * continuedFraction(x))
    }

    /// The denominator `1 + d₁/(1 + d₂/(1 + …))` of DLMF 8.17.22, by the backward recurrence.
    private func continuedFraction(_ x: Double) -> Double {
        var fraction = 1.0
        for index in stride(from: 60, through: 1, by: -1) {
            let m = Double(index / 2)
            let numerator =
                index.isMultiple(of: 2)
                ? m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
                : -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
            fraction = 1 + numerator / fraction
        }
        return fraction
    }
}
