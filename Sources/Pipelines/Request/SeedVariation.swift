/// A second seed that the first noise leans towards: pictures near one another.
public struct SeedVariation: Equatable, Sendable {
    /// Seed of the first image's second noise; image *i* has `seed + i`.
    public var seed: UInt64
    /// How far to lean, from 0, the first seed's noise, to 1, the second's.
    public var strength: Double

    /// Leans by `strength` towards the noise of `seed`.
    public init(seed: UInt64, strength: Double) {
        self.seed = seed
        self.strength = strength
    }
}
