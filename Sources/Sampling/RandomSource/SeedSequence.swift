/// Spreads a seed, and the place of a child in a tree of seeds, over as many 32-bit seeds as asked for.
///
/// Source: O'Neill, "Developing a seed_seq Alternative" (2015); NumPy `SeedSequence`, whose numbers it gives.
package struct SeedSequence: Sendable {
    private let pool: [UInt32]

    private static let shift: UInt32 = 16

    /// The sequence of `entropy`, and of the child that `spawnKey` leads to from it.
    package init(entropy: UInt64, spawnKey: [UInt64] = [], poolSize: Int) {
        var words = Self.words(entropy)
        if !spawnKey.isEmpty { words += Array(repeating: 0, count: max(poolSize - words.count, 0)) }
        words += spawnKey.flatMap(Self.words)
        var constant: UInt32 = 0x43b0_d7e5
        func hash(_ value: UInt32) -> UInt32 {
            var value = value ^ constant
            constant = constant &* 0x931e_8875
            value = value &* constant
            return value ^ value >> Self.shift
        }
        func mix(_ x: UInt32, _ y: UInt32) -> UInt32 {
            let result = 0xca01_f9dd &* x &- 0x4973_f715 &* y
            return result ^ result >> Self.shift
        }
        var pool = (0..<poolSize).map { hash($0 < words.count ? words[$0] : 0) }
        for source in pool.indices {
            for target in pool.indices where target != source { pool[target] = mix(pool[target], hash(pool[source])) }
        }
        for word in words.dropFirst(poolSize) {
            for target in pool.indices { pool[target] = mix(pool[target], hash(word)) }
        }
        self.pool = pool
    }

    /// The first `count` seeds.
    package func seeds(_ count: Int) -> [UInt32] {
        var constant: UInt32 = 0x8b51_f9dd
        return (0..<count).map { index in
            var value = pool[index % pool.count] ^ constant
            constant = constant &* 0x58f3_8ded
            value = value &* constant
            return value ^ value >> Self.shift
        }
    }

    /// The 32-bit words of a number, the lowest first, at least one.
    private static func words(_ number: UInt64) -> [UInt32] {
        let (low, high) = (UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32))
        return high == 0 ? [low] : [low, high]
    }
}
