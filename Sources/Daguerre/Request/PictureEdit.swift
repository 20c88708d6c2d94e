public import DaguerrePixels

/// A picture to begin with, of any size, and what may change of it.
public struct PictureEdit: Sendable {
    /// Where only a part of the picture is to change.
    public struct Mask: Sendable {
        /// White is to change; of the picture's size.
        public var image: Image
        /// Standard deviation of the blur of its edge, in pixels.
        public var blur = 4.0
        /// What lies under it when drawing starts.
        public var content = MaskedContent.original
        /// Pixels around it that are drawn with it, enlarged to the size of the request; `nil` draws the whole picture.
        public var padding: Int?

        /// What `image` shows white is to change.
        public init(_ image: Image) {
            self.image = image
        }
    }

    /// The picture.
    public var image: Image
    /// How much of it may change, from 0 to 1.
    public var strength = 0.75
    /// How a picture of other proportions is brought to the request's size.
    public var resizeMode = ResizeMode.stretch
    /// Where only a part of it is to change.
    public var mask: Mask?

    /// Begins with `image`.
    public init(_ image: Image) {
        self.image = image
    }
}
