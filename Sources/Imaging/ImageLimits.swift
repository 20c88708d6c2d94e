/// Bounds on pictures that are read, enforced before memory is spent.
public struct ImageLimits: Hashable, Sendable {
    /// The longest side in pixels.
    public var side: Int
    /// The most pixels.
    public var pixelCount: Int
    /// The largest file in bytes.
    public var byteCount: Int
    /// The largest chunk beside the pixels, inflated, in bytes.
    public var chunkByteCount: Int
    /// The most text chunks.
    public var chunkCount: Int
    /// The most scans of a JPEG file.
    public var scanCount: Int

    /// 8192 a side, 16 megapixels, 32 MiB; chunks of 8 MB, 128 of them; 100 scans.
    public init(
        side: Int = 8192, pixelCount: Int = 16 << 20, byteCount: Int = 32 << 20, chunkByteCount: Int = 8_000_000,
        chunkCount: Int = 128, scanCount: Int = 100
    ) {
        self.side = side
        self.pixelCount = pixelCount
        self.byteCount = byteCount
        self.chunkByteCount = chunkByteCount
        self.chunkCount = chunkCount
        self.scanCount = scanCount
    }

    /// What libjpeg may keep of a progressive file: 2 bytes for each of 4 channels of a pixel, and as much to spare.
    var coefficientByteCount: Int { min(pixelCount, 1 << 32) * 16 }
}
