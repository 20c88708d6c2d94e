import CWebP
public import DaguerrePixels

/// WebP files, through libwebp.
public enum WebP {
    /// What a file holds.
    public struct Contents: Hashable, Sendable {
        /// The picture as it is stored, which EXIF may want to be turned: RGB, or RGBA where the file has alpha.
        public let image: Image
        /// The EXIF block, empty if there is none.
        public let exif: [UInt8]
    }

    /// The version of the libwebp that runs: `1.2.4`.
    public static var libraryVersion: String {
        let version = webp_shim_version()
        return "\(version >> 16 & 0xff).\(version >> 8 & 0xff).\(version & 0xff)"
    }

    /// Encodes `image` with loss at `quality` 1 to 100, alpha without; colours have half the resolution each way.
    public static func encode(
        _ image: Image, quality: Int, exif: [UInt8]? = nil, xmp: [UInt8]? = nil
    ) throws(ImagingError) -> [UInt8] {
        guard max(image.width, image.height) <= longestSide else {
            throw .notWritten(.webp, reason: "it holds at most \(longestSide) pixels a side")
        }
        let image = image.channels == .grey ? image.converted(to: .rgb) : image
        var bytes: UnsafeMutablePointer<UInt8>?
        var byteCount = 0
        let status = webp_shim_encode(
            image.pixels, UInt32(clamping: image.width), UInt32(clamping: image.height), UInt32(image.channels.count),
            Float(min(max(quality, 1), 100)), &bytes, &byteCount)
        defer { webp_shim_free(bytes) }
        guard status == WEBP_SHIM_OK else { throw .notWritten(.webp, reason: "libwebp gave up") }
        let file = [UInt8](UnsafeBufferPointer(start: bytes, count: byteCount))
        guard exif != nil || xmp != nil else { return file }
        return try WebPContainer(file).adding(exif: exif, xmp: xmp, to: image)
    }

    /// Decodes a whole file with or without loss; moving pictures are refused.
    public static func decode(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(ImagingError) -> Contents {
        guard bytes.count <= limits.byteCount else {
            throw .tooManyBytes(count: bytes.count, limit: limits.byteCount)
        }
        let container = try WebPContainer(bytes)
        var read = webp_shim_image()
        let status = webp_shim_decode(
            bytes, bytes.count, UInt32(clamping: limits.side), UInt32(clamping: limits.pixelCount), &read)
        defer { webp_shim_free_image(&read) }
        let (width, height) = (Int(read.width), Int(read.height))
        switch status {
        case WEBP_SHIM_OK: break
        case WEBP_SHIM_TOO_LARGE: throw .tooLarge(width: width, height: height, limits: limits)
        case WEBP_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        case WEBP_SHIM_ANIMATED: throw .animated
        case WEBP_SHIM_INCOMPLETE: throw .damaged(.webp, reason: "the file ends early")
        default: throw .damaged(.webp, reason: "its picture does not decode")
        }
        let rgba = UnsafeBufferPointer(start: read.pixels, count: width * height * 4)
        let image = Image(width: width, height: height, channels: .rgba, pixels: Array(rgba))
        return Contents(
            image: read.has_alpha != 0 ? image : image.converted(to: .rgb), exif: Array(container["EXIF"] ?? []))
    }

    /// The longest side that the format holds.
    private static let longestSide = 16383
}
