import CJPEG
public import DaguerrePixels

/// JPEG files, through libjpeg-turbo.
public enum JPEG {
    /// What a file holds.
    public struct Contents: Hashable, Sendable {
        /// The picture as it is stored, which EXIF may want to be turned; RGB.
        public let image: Image
        /// The EXIF block, empty if there is none.
        public let exif: [UInt8]
    }

    /// The version of libjpeg-turbo that is built in: `2.1.5`.
    public static var libraryVersion: String { String(cString: jpeg_shim_version()) }

    /// Encodes `image`, of which alpha is dropped, at `quality` 1 to 100; colours have half the resolution each way.
    ///
    /// - Throws: ``ImagingError/textTooLong(_:byteCount:limit:)`` if the EXIF block or the XMP packet does not fit its marker.
    public static func encode(
        _ image: Image, quality: Int, exif: [UInt8]? = nil, xmp: [UInt8]? = nil
    ) throws(ImagingError) -> [UInt8] {
        for (block, capacity) in [(exif, Int(JPEG_SHIM_EXIF_CAPACITY)), (xmp, Int(JPEG_SHIM_XMP_CAPACITY))] {
            if let block, block.count > capacity {
                throw .textTooLong(.jpeg, byteCount: block.count, limit: capacity)
            }
        }
        let image = image.channels == .rgba ? image.converted(to: .rgb) : image
        var bytes: UnsafeMutablePointer<UInt8>?
        var byteCount = 0
        let outcome = withMessage(capacity: Int(JPEG_SHIM_MESSAGE_CAPACITY)) { message in
            jpeg_shim_encode(
                image.pixels, UInt32(clamping: image.width), UInt32(clamping: image.height),
                UInt32(image.channels.count), Int32(min(max(quality, 1), 100)), exif, exif?.count ?? 0, xmp,
                xmp?.count ?? 0, &bytes, &byteCount, message)
        }
        defer { jpeg_shim_free(bytes) }
        switch outcome.status {
        case JPEG_SHIM_OK: return [UInt8](UnsafeBufferPointer(start: bytes, count: byteCount))
        case JPEG_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .notWritten(.jpeg, reason: outcome.message)
        }
    }

    /// Decodes a whole file; what libjpeg would only warn of is an error, and greys and CMYK become RGB.
    ///
    /// CMYK is taken to be inverted, as Adobe's programs write it, and converted without colour profiles, as Pillow does.
    public static func decode(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(ImagingError) -> Contents {
        guard bytes.count <= limits.byteCount else {
            throw .tooManyBytes(count: bytes.count, limit: limits.byteCount)
        }
        guard ImageFormat(sniffing: bytes) == .jpeg else { throw .wrongFormat(.jpeg) }
        let bounds = jpeg_shim_limits(
            side: UInt32(clamping: limits.side), pixel_count: UInt32(clamping: limits.pixelCount),
            scan_count: UInt32(clamping: limits.scanCount), memory_byte_count: limits.coefficientByteCount)
        var read = jpeg_shim_image()
        let outcome = withMessage(capacity: Int(JPEG_SHIM_MESSAGE_CAPACITY)) {
            jpeg_shim_decode(bytes, bytes.count, bounds, &read, $0)
        }
        defer { jpeg_shim_free_image(&read) }
        let (width, height) = (Int(read.width), Int(read.height))
        switch outcome.status {
        case JPEG_SHIM_OK: break
        case JPEG_SHIM_TOO_LARGE: throw .tooLarge(width: width, height: height, limits: limits)
        case JPEG_SHIM_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .damaged(.jpeg, reason: outcome.message)
        }
        let samples = UnsafeBufferPointer(start: read.pixels, count: width * height * Int(read.channels))
        let exif = Array(UnsafeBufferPointer(start: read.exif, count: read.exif_byte_count))
        let image =
            switch Int(read.channels) {
            case 1:
                Image(width: width, height: height, channels: .grey, pixels: Array(samples)).converted(to: .rgb)
            case 4: Image(width: width, height: height, pixels: rgb(invertedCMYK: samples))
            default: Image(width: width, height: height, pixels: Array(samples))
            }
        return Contents(image: image, exif: exif)
    }

    /// Each colour is what the ink of its opposite and black leave.
    ///
    /// Source: Pillow Convert.c `cmyk2rgb`, to the bit.
    private static func rgb(invertedCMYK samples: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let count = samples.count / 4
        return [UInt8](unsafeUninitializedCapacity: count * 3) { rgb, filled in
            for i in 0..<count {
                let light = Int(samples[4 * i + 3])
                for c in 0..<3 {
                    let ink = (255 - Int(samples[4 * i + c])) * light + 128
                    rgb[3 * i + c] = UInt8(clamping: light - ((ink >> 8) + ink) >> 8)
                }
            }
            filled = count * 3
        }
    }
}
