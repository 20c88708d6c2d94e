public import DaguerrePipelines

/// A second pass at a larger size, which draws details over the first one's enlarged result.
public struct HiresRequest: Sendable {
    /// How large, beside the first pass.
    public enum Size: Equatable, Sendable {
        /// So many times the width and the height, rounded down to multiples of 8.
        case scale(Double)
        /// So many pixels.
        case pixels(PixelSize)
    }

    /// How large.
    public var size: Size
    /// How the first pass's result is enlarged.
    public var enlargement = HiresPass.Enlargement.latents(LatentFilter(.bilinear))
    /// Steps of the second pass; as many as in the first if `nil`.
    public var steps: Int?
    /// How much of the enlarged picture may change, from 0 to 1.
    public var strength = 0.7
    /// A sampler's and a schedule's name for the second pass; the first one's if `nil`.
    public var sampler, schedule: String?

    /// Enlarges to `size`.
    public init(_ size: Size) {
        self.size = size
    }
}
