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
        /// The picture as it is stored, which EXIF may want to be turned: RGB, or RGBA where the file has alpha.
        public let image: Image
        /// The text chunks in the file's order.
        public let texts: [Text]
        /// The EXIF block, empty if there is none.
        public let exif: [UInt8]
    }

    /// The version of libpng that runs: `1.6.39`.
    public static var libraryVersion: String { String(cString: png_shim_version()) }

    /// Encodes `image` with text chunks before its pixels; equal input gives equal bytes.
    public static func encode(_ image: Image, texts: [Text] = []) throws(ImagingError) -> [UInt8] {
        var chunks: [Chunk] = []
        for text in texts { chunks.append(try Chunk(text)) }
        let width = UInt32(clamping: image.width)
        let height = UInt32(clamping: image.height)
        var bytes: UnsafeMutablePointer<UInt8>?
        var byteCount = 0
        let outcome = withMessage(capacity: Int(PNG_SHIM_MESSAGE_CAPACITY)) { message in
            withViews(of: chunks) { views in
                png_shim_encode(
                    image.pixels, width, height, UInt32(image.channels.count), views.baseAddress, views.count, &bytes,
                    &byteCount, message)
            }
        }
        defer { png_shim_free(bytes) }
        switch outcome.status {
        case PNG_SHIM_OK: return [UInt8](UnsafeBufferPointer(start: bytes, count: byteCount))
        case PNG_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .notWritten(.png, reason: outcome.message)
        }
    }

    /// Decodes a whole file of any colour type; every checksum must hold and nothing may be missing.
    ///
    /// Sixteen-bit samples are rounded to eight, greys repeated, text that is not UTF-8 where it should be repaired.
    public static func decode(
        _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
    ) throws(ImagingError) -> Contents {
        guard bytes.count <= limits.byteCount else {
            throw .tooManyBytes(count: bytes.count, limit: limits.byteCount)
        }
        guard ImageFormat(sniffing: bytes) == .png else { throw .wrongFormat(.png) }
        let bounds = png_shim_limits(
            side: UInt32(clamping: limits.side), pixel_count: UInt32(clamping: limits.pixelCount),
            chunk_byte_count: UInt32(clamping: limits.chunkByteCount), chunk_count: UInt32(clamping: limits.chunkCount))
        var read = png_shim_image()
        let outcome = withMessage(capacity: Int(PNG_SHIM_MESSAGE_CAPACITY)) {
            png_shim_decode(bytes, bytes.count, bounds, &read, $0)
        }
        defer { png_shim_free_image(&read) }
        let (width, height) = (Int(read.width), Int(read.height))
        switch outcome.status {
        case PNG_SHIM_OK: break
        case PNG_SHIM_TOO_LARGE: throw .tooLarge(width: width, height: height, limits: limits)
        case PNG_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .damaged(.png, reason: outcome.message)
        }
        let rgba = UnsafeBufferPointer(start: read.pixels, count: width * height * 4)
        let texts = UnsafeBufferPointer(start: read.texts, count: read.text_count)
        let exif = UnsafeBufferPointer(start: read.exif, count: read.exif_byte_count)
        let image = Image(width: width, height: height, channels: .rgba, pixels: Array(rgba))
        return Contents(
            image: read.has_alpha != 0 ? image : image.converted(to: .rgb), texts: texts.map(Text.init),
            exif: Array(exif))
    }
}
