/// A width and a height in pixels, or a distance from the left and from the top.
public struct PixelSize: Hashable, Sendable {
    public var width, height: Int

    /// The given pixels.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}
