import Glibc

/// The weights of a Gaussian bell over an odd number of pixels, in the 8 bits of fraction that blurring uses.
///
/// Source: OpenCV 4.11.0 smooth.dispatch.cpp `getGaussianKernelFixedPoint_ED`: what rounding takes from a weight is
/// given to the next, from the outside inwards, and the centre takes the rest, so that all add up to exactly 1.
struct GaussianKernel {
    /// Bits after the point of a weight.
    static let fractionBits = 8

    /// Symmetric weights that add up to 256; an odd number of them.
    let weights: [Int]

    /// Pixels on each side of the centre.
    var radius: Int { weights.count / 2 }

    /// A bell of standard deviation `sigma` pixels, cut to `radius` pixels on each side.
    init(sigma: Double, radius: Int) {
        let bell = Self.bell(sigma: sigma, radius: radius)
        var outer: [Int] = []
        var carried = 0.0
        for weight in bell.prefix(radius) {
            let wanted = weight * Double(1 << Self.fractionBits) + carried
            let rounded = wanted.rounded(.toNearestOrEven)
            carried = wanted - rounded
            outer.append(Int(rounded))
        }
        weights = outer + [(1 << Self.fractionBits) - 2 * outer.reduce(0, +)] + outer.reversed()
    }

    /// The weights as they are before rounding; they add up to 1.
    static func bell(sigma: Double, radius: Int) -> [Double] {
        guard sigma > 0 else { return (-radius...radius).map { $0 == 0 ? 1 : 0 } }
        let values = (-radius...radius).map { exp(Double($0 * $0) * (-0.5 / (sigma * sigma))) }
        let sum = values.reduce(0, +)
        return values.map { $0 / sum }
    }
}
