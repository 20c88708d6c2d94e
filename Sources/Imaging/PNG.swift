import CPNG
public import DaguerrePixels

/// PNG files, through libpng.
public enum PNG {
    /// A text chunk: a key such as `parameters`, and its text.
    public struct Text: Hashable, Sendable {
        /// 1 to 79 Latin-1 characters.
        public let key: String
        /// Any text without NUL; written as `tEXt` where Latin-1 suffices, else as `iTXt`.
        public let value: String

        /// Makes a chunk.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// What a file holds.
    public struct Contents: Hashable, Sendable {
        /// The picture; transparent parts lie on white.
        public let image: Image
        /// The text chunks in the file's order.
        public let texts: [Text]
    }

    /// The version of libpng that runs: `1.6.39`.
    public static var libraryVersion: String { String(cString: png_shim_version()) }

    /// Encodes `image` with text chunks before its pixels; equal input gives equal bytes.
    public static func encode(_ image: Image, texts: [Text] = []) throws(ImagingError) -> [UInt8] {
        let image = image.converted(to: .rgb)
        var chunks: [Chunk] = []
        for text in texts { chunks.append(try Chunk(text)) }
        let width = UInt32(clamping: image.width)
        let height = UInt32(clamping: image.height)
        var bytes: UnsafeMutablePointer<UInt8>?
        var byteCount = 0
        let outcome = withMessage { message in
            withViews(of: chunks) { views in
                png_shim_encode(
                    image.pixels, width, height, views.baseAddress, views.count, &bytes, &byteCount, message)
            }
        }
        defer { png_shim_free(bytes) }
        switch outcome.status {
        case PNG_SHIM_OK: return [UInt8](UnsafeBufferPointer(start: bytes, count: byteCount))
        case PNG_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .notWritten(reason: outcome.message)
        }
    }

    /// Decodes a whole file of any colour type; every checksum must hold and nothing may be missing.
    ///
    /// Sixteen-bit samples are rounded to eight, transparent pixels blended over white, text that is not UTF-8 where
    /// it should be is repaired.
    public static func decode(
        _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
    ) throws(ImagingError) -> Contents {
        guard bytes.count <= limits.byteCount else {
            throw .tooManyBytes(count: bytes.count, limit: limits.byteCount)
        }
        guard bytes.starts(with: signature) else { throw .notPNG }
        let bounds = png_shim_limits(
            side: UInt32(clamping: limits.side), pixel_count: UInt32(clamping: limits.pixelCount),
            chunk_byte_count: UInt32(clamping: limits.chunkByteCount), chunk_count: UInt32(clamping: limits.chunkCount))
        var read = png_shim_image()
        let outcome = withMessage { png_shim_decode(bytes, bytes.count, bounds, &read, $0) }
        defer { png_shim_free_image(&read) }
        let (width, height) = (Int(read.width), Int(read.height))
        switch outcome.status {
        case PNG_SHIM_OK: break
        case PNG_SHIM_TOO_LARGE: throw .tooLarge(width: width, height: height, limits: limits)
        case PNG_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .damaged(reason: outcome.message)
        }
        let rgba = UnsafeBufferPointer(start: read.pixels, count: width * height * 4)
        let texts = UnsafeBufferPointer(start: read.texts, count: read.text_count)
        return Contents(
            image: Image(width: width, height: height, pixels: blendedOverWhite(rgba)), texts: texts.map(Text.init))
    }

    private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    private static func blendedOverWhite(_ rgba: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let count = rgba.count / 4
        return [UInt8](unsafeUninitializedCapacity: count * 3) { rgb, filled in
            for i in 0..<count {
                let alpha = Int(rgba[4 * i + 3])
                for c in 0..<3 {
                    rgb[3 * i + c] = UInt8((Int(rgba[4 * i + c]) * alpha + 255 * (255 - alpha) + 127) / 255)
                }
            }
            filled = count * 3
        }
    }

    /// Calls `body` with room for libpng's message, and returns what both say.
    private static func withMessage(
        _ body: (UnsafeMutablePointer<CChar>) -> png_shim_status
    ) -> (status: png_shim_status, message: String) {
        var status = PNG_SHIM_REFUSED
        let capacity = Int(PNG_SHIM_MESSAGE_CAPACITY)
        let message = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { room in
            room.initialize(repeating: 0)
            guard let start = room.baseAddress else { return "" }
            status = body(start)
            return String(cString: start)
        }
        return (status, message)
    }
}
