/// A picture in memory: 8 bits a sample, sRGB where it has colours.
public struct Image: Hashable, Sendable {
    /// What the samples of a pixel are.
    public enum Channels: Int, Hashable, Sendable, CaseIterable {
        /// One sample: brightness, or how much a mask covers (255: wholly).
        case grey = 1
        /// Red, green, blue.
        case rgb = 3
        /// Red, green, blue, and alpha that the colours are not multiplied with (255: opaque).
        case rgba = 4

        /// Samples of a pixel.
        public var count: Int { rawValue }
    }

    /// Size in pixels, at least 1.
    public let width, height: Int
    /// What a pixel is made of.
    public let channels: Channels
    /// The samples of each pixel, row by row from the top left: `width · height · channels.count` bytes.
    public let pixels: [UInt8]

    /// Makes a picture of `width × height` pixels out of as many bytes times the number of channels.
    public init(width: Int, height: Int, channels: Channels = .rgb, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "a picture has pixels")
        precondition(pixels.count == width * height * channels.count, "a byte for each sample")
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// Makes a picture of one colour, given as one sample for each channel.
    public init(width: Int, height: Int, channels: Channels = .rgb, filledWith color: [UInt8]) {
        precondition(color.count == channels.count, "a byte for each channel")
        let count = channels.count
        let pixels = (0..<width * height * count).map { color[$0 % count] }
        self.init(width: width, height: height, channels: channels, pixels: pixels)
    }

    /// Pixels in all.
    public var pixelCount: Int { width * height }

    /// The samples of the pixel in column `x` of row `y`.
    public subscript(x: Int, y: Int) -> ArraySlice<UInt8> {
        precondition((0..<width).contains(x) && (0..<height).contains(y), "a pixel of the picture")
        let start = (y * width + x) * channels.count
        return pixels[start..<start + channels.count]
    }

    /// The same size with each sample, or each pixel's samples, made by `body` from the number of the pixel.
    package func mapPixels(to channels: Channels, _ body: (Int, inout [UInt8]) -> Void) -> Image {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(pixelCount * channels.count)
        for i in 0..<pixelCount { body(i, &pixels) }
        return Image(width: width, height: height, channels: channels, pixels: pixels)
    }
}
