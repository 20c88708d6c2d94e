/// The generator MT19937, 32 bits at a time.
///
/// Source: Matsumoto and Nishimura, "Mersenne Twister" (ACM TOMACS 8(1), 1998), seeded as their mt19937ar of 2002.
struct MersenneTwister: Sendable {
    private static let size = 624
    private static let middle = 397

    private var state: [UInt32]
    private var position = Self.size

    init(seed: UInt32) {
        state = [seed]
        state.reserveCapacity(Self.size)
        for index in 1..<Self.size {
            let previous = state[index - 1]
            state.append(1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(index))
        }
    }

    /// The next 32 bits.
    mutating func next() -> UInt32 {
        if position == Self.size { twist() }
        var bits = state[position]
        position += 1
        bits ^= bits >> 11
        bits ^= bits << 7 & 0x9d2c_5680
        bits ^= bits << 15 & 0xefc6_0000
        return bits ^ bits >> 18
    }

    private mutating func twist() {
        for index in 0..<Self.size {
            let joined = state[index] & 0x8000_0000 | state[(index + 1) % Self.size] & 0x7fff_ffff
            let twisted = joined >> 1 ^ (joined & 1 == 0 ? 0 : 0x9908_b0df)
            state[index] = state[(index + Self.middle) % Self.size] ^ twisted
        }
        position = 0
    }
}
