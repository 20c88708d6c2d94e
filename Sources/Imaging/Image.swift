/// A picture in memory: 8-bit sRGB, no alpha.
public struct Image: Hashable, Sendable {
    /// Size in pixels, at least 1.
    public let width, height: Int
    /// Red, green and blue of each pixel, row by row from the top left: `width · height · 3` bytes.
    public let pixels: [UInt8]

    /// Makes a picture of `width × height` pixels out of as many bytes times three.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "a picture has pixels")
        precondition(pixels.count == width * height * 3, "three bytes for each pixel")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Writes the picture to `path` as a PNG file, which appears whole or not at all and replaces what was there.
    ///
    /// Text chunks say how it was made; see ``Infotext``.
    public func write(to path: String, texts: [PNG.Text] = []) throws(ImagingError) {
        try AtomicFile.write(PNG.encode(self, texts: texts), to: path, replacing: true)
    }
}
