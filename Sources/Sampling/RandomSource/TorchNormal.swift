import Glibc

/// Normal numbers as torch's CPU generator draws them into a float32 tensor, to the bit.
///
/// Fewer than 16 are drawn one after the other in double precision. From 16 on, the tensor is filled with uniform
/// numbers, and each 16 of them become normal in place by ``SinglePrecision``; if the last 16 are not whole, they are
/// drawn anew.
///
/// Source: behaviour of torch 2.15.0 on x86 with AVX2, measured; Box and Muller, "A Note on the Generation of Random
/// Normal Deviates" (1958).
package struct TorchNormal: NormalGenerator {
    private var generator: MersenneTwister
    /// The second of the last pair drawn in double precision.
    private var spare: Double?

    /// Of a 64-bit seed, torch uses the lower half.
    package init(seed: UInt64) {
        generator = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
    }

    package mutating func next(_ count: Int) -> [Float] {
        guard count >= Self.blockSize else {
            return (0..<count).map { _ in Float(nextInDoublePrecision()) }
        }
        var values = (0..<count).map { _ in nextUniform() }
        for start in stride(from: 0, through: count - Self.blockSize, by: Self.blockSize) {
            Self.makeNormal(&values, at: start)
        }
        if !count.isMultiple(of: Self.blockSize) {
            let start = count - Self.blockSize
            for index in start..<count { values[index] = nextUniform() }
            Self.makeNormal(&values, at: start)
        }
        return values
    }

    private static let blockSize = 16

    /// Turns 16 uniform numbers into normal ones: the first eight are radii, the second eight are angles.
    private static func makeNormal(_ values: inout [Float], at start: Int) {
        for index in start..<start + blockSize / 2 {
            let radius = (-2 * SinglePrecision.log(1 - values[index])).squareRoot()
            let (sine, cosine) = SinglePrecision.sineAndCosine(2 * Float(Double.pi) * values[index + blockSize / 2])
            values[index] = radius * cosine
            values[index + blockSize / 2] = radius * sine
        }
    }

    /// 24 random bits as a number from 0 to below 1.
    private mutating func nextUniform() -> Float {
        Float(generator.next() & 0xff_ffff) * 0x1p-24
    }

    /// 53 random bits as a number from 0 to below 1.
    private mutating func nextDoubleUniform() -> Double {
        let high = UInt64(generator.next())
        let low = UInt64(generator.next())
        return Double((high << 32 | low) & 0x1f_ffff_ffff_ffff) * 0x1p-53
    }

    private mutating func nextInDoublePrecision() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let angle = 2 * Double.pi * nextDoubleUniform()
        let radius = (-2 * log1p(-nextDoubleUniform())).squareRoot()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}
