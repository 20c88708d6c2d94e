public import DaguerrePixels
public import DaguerreSampling

/// A picture that a run begins with, in place of noise alone.
public struct ImageStart: Sendable {
    /// RGB of the request's size.
    public var image: Image
    /// Where the run enters, by how much of the picture may change.
    public var entry: SamplingPart.Start
    /// Where only a part of the picture is to change.
    public var inpainting: Inpainting?

    /// What is to change.
    public struct Inpainting: Sendable {
        /// What the part that is to change begins with.
        public enum Content: String, Equatable, Sendable, CaseIterable {
            /// What the picture shows there.
            case picture
            /// Noise alone.
            case noise
            /// Nothing: latents of zero.
            case nothing
        }

        /// One channel of the request's size; 128 and more is to change.
        public var mask: Image
        /// What the part that is to change begins with.
        public var content: Content

        /// Changes what `mask` covers, beginning with `content`.
        public init(mask: Image, content: Content = .picture) {
            self.mask = mask
            self.content = content
        }
    }

    /// Begins with `image` and leaves as much of it as `entry` says.
    public init(_ image: Image, entry: SamplingPart.Start, inpainting: Inpainting? = nil) {
        self.image = image
        self.entry = entry
        self.inpainting = inpainting
    }
}
