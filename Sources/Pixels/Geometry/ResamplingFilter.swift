import Glibc

/// How a picture of another size is computed from the pixels that are there.
public enum ResamplingFilter: String, Hashable, Sendable, CaseIterable {
    /// The nearest pixel, as it is.
    case nearest
    /// The mean of the covered pixels.
    case box
    /// A triangle over two pixels.
    case bilinear
    /// A cubic over four pixels, a = -0.5.
    case bicubic
    /// A windowed sinc over six pixels.
    case lanczos

    /// Half the width that the filter covers where a picture keeps its size, in pixels.
    var support: Double {
        switch self {
        case .nearest, .box: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// How much a pixel counts whose centre is `x` pixels away, before weights are made to add up to 1.
    ///
    /// Source: Pillow 13.0.0 Resample.c, in the order of its operations, since weights must be equal to the bit.
    func weight(at x: Double) -> Double {
        switch self {
        case .nearest, .box: x > -0.5 && x <= 0.5 ? 1 : 0
        case .bilinear: max(1 - abs(x), 0)
        case .bicubic: cubic(abs(x))
        case .lanczos: x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0
        }
    }

    private func cubic(_ x: Double) -> Double {
        let a = -0.5
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
        return 0
    }

    private func sinc(_ x: Double) -> Double {
        guard x != 0 else { return 1 }
        let angle = x * Double.pi
        return sin(angle) / angle
    }
}
