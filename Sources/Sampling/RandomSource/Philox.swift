import Glibc

/// Normal numbers as torch's CUDA generator draws them: number *i* of draw *n* is a function of seed, *n* and *i*.
///
/// It has the numbers of a tensor that one pass of a GPU's threads covers, which latents of up to a quarter of a million
/// elements are. A GPU's own sine differs in the last bits.
///
/// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), Philox4x32-10; Box–Muller as cuRAND's
/// documentation of `curand_normal` describes it.
package struct PhiloxNormal: NormalGenerator {
    private let key: SIMD2<UInt32>
    private var draw: UInt32 = 0

    package init(seed: UInt64) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    }

    package mutating func next(_ count: Int) -> [Float] {
        defer { draw &+= 1 }
        return (0..<count).map { index in
            let thread = UInt64(index)
            let bits = Self.bits(
                counter: [
                    draw, 0, UInt32(truncatingIfNeeded: thread), UInt32(truncatingIfNeeded: thread >> 32),
                ], key: key)
            return Self.normal(bits[0], bits[1])
        }
    }

    /// The first of the two normal numbers that two uniform ones give.
    private static func normal(_ first: UInt32, _ second: UInt32) -> Float {
        let uniform = Double(first) * 0x1p-32 + 0x1p-33
        let angle = 2 * Double.pi * (Double(second) * 0x1p-32 + 0x1p-33)
        return Float((-2 * log(uniform)).squareRoot() * sin(angle))
    }

    /// Ten rounds of the Philox block function.
    package static func bits(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var (counter, key) = (counter, key)
        for _ in 0..<10 {
            let even = UInt64(counter[0]) * 0xd251_1f53
            let odd = UInt64(counter[2]) * 0xcd9e_8d57
            counter = [
                UInt32(odd >> 32) ^ counter[1] ^ key[0], UInt32(truncatingIfNeeded: odd),
                UInt32(even >> 32) ^ counter[3] ^ key[1], UInt32(truncatingIfNeeded: even),
            ]
            key &+= [0x9e37_79b9, 0xbb67_ae85]
        }
        return counter
    }
}
