public import DaguerrePixels
public import DaguerreSampling

/// A second pass at a larger size, which draws details over the first one's enlarged result.
public struct HiresPass: Sendable {
    /// How the first pass's result is enlarged.
    public enum Enlargement: Equatable, Sendable {
        /// The latents themselves, as they are.
        case latents(LatentFilter)
        /// The decoded picture, which is encoded again.
        case pixels(ResamplingFilter)
    }

    /// Pixels of the second pass; multiples of the autoencoder's scale.
    public var size: PixelSize
    /// How the first pass's result is enlarged.
    public var enlargement: Enlargement
    /// Steps of the second pass, of which ``strength`` says how many are done; as many as in the first if `nil`.
    public var steps: Int?
    /// How much of the enlarged picture may change, from 0 to 1.
    public var strength: Double
    /// Who solves the second pass; the first one's if `nil`.
    public var sampler: SamplerConfiguration?

    /// Enlarges to `size` and draws over it.
    public init(size: PixelSize, enlargement: Enlargement, strength: Double) {
        self.size = size
        self.enlargement = enlargement
        self.strength = strength
    }
}
