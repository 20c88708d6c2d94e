/// The axes along which a picture's edges meet, so that copies of it laid side by side show no seam.
public struct TilingAxes: OptionSet, Hashable, Sendable {
    /// One bit for each axis.
    public let rawValue: UInt8

    /// The axes whose bits are set.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The right edge continues at the left one.
    public static let horizontal = TilingAxes(rawValue: 1)
    /// The bottom edge continues at the top one.
    public static let vertical = TilingAxes(rawValue: 2)
    /// A texture that fills a plane.
    public static let both: TilingAxes = [.horizontal, .vertical]
}
