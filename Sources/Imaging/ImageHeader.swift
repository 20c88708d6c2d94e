/// What the first bytes of a picture file say of it, read without decoding anything.
public struct ImageHeader: Hashable, Sendable {
    /// What kind of file it is.
    public let format: ImageFormat
    /// Pixels as they are stored, which EXIF may want to be turned.
    public let width, height: Int

    /// Reads the header of a whole file, and refuses what ``ImageFile/decode(_:limits:)`` would refuse for its size.
    ///
    /// It tells how much memory a picture will take before any is spent; what follows the header may still be damaged.
    ///
    /// - Throws: ``ImagingError`` if it is of no known format, has no header, or is beyond `limits`.
    public init(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(ImagingError) {
        guard bytes.count <= limits.byteCount else {
            throw .tooManyBytes(count: bytes.count, limit: limits.byteCount)
        }
        guard let format = ImageFormat(sniffing: bytes) else { throw .unknownFormat }
        let size =
            switch format {
            case .png: Self.sizeOfPNG(bytes)
            case .jpeg: Self.sizeOfJPEG(bytes)
            case .webp: Self.sizeOfWebP(bytes)
            }
        guard let size, size.width > 0, size.height > 0 else {
            throw .damaged(format, reason: "it does not say how large its picture is")
        }
        let (pixelCount, isHuge) = size.width.multipliedReportingOverflow(by: size.height)
        guard max(size.width, size.height) <= limits.side, !isHuge, pixelCount <= limits.pixelCount else {
            throw .tooLarge(width: size.width, height: size.height, limits: limits)
        }
        self.format = format
        (width, height) = size
    }

    /// Source: PNG (third edition), section 11.2.1: the first chunk is `IHDR` and begins with width and height.
    private static func sizeOfPNG(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        guard bytes.dropFirst(12).starts(with: "IHDR".utf8), let width = number(bytes, 16..<20),
            let height = number(bytes, 20..<24)
        else { return nil }
        return (width, height)
    }

    /// Source: ITU-T T.81, sections B.1.1.3 and B.2.2: markers with lengths, one of which begins the frame.
    private static func sizeOfJPEG(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        // Markers C0 to CF begin a frame, but for those of tables and of extensions.
        let others: Set<UInt8> = [0xc4, 0xc8, 0xcc]
        var place = 2
        while place + 1 < bytes.count, bytes[place] == 0xff {
            let marker = bytes[place + 1]
            if marker == 0xff {
                // Any number of these may come before a marker.
                place += 1
            } else if marker == 0x01 || 0xd0...0xd8 ~= marker {
                place += 2
            } else if 0xc0...0xcf ~= marker, !others.contains(marker) {
                guard let height = number(bytes, place + 5..<place + 7),
                    let width = number(bytes, place + 7..<place + 9)
                else { return nil }
                return (width, height)
            } else {
                // Pixels or the end: there is no frame.
                guard marker != 0xda, marker != 0xd9, let length = number(bytes, place + 2..<place + 4), length >= 2
                else { return nil }
                place += 2 + length
            }
        }
        return nil
    }

    /// Source: RFC 9649, sections 2.5 to 2.7; RFC 6386, section 9.1.
    private static func sizeOfWebP(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        func littleEndian(_ range: Range<Int>) -> Int? {
            bytes.indices.contains(range.upperBound - 1)
                ? bytes[range].reversed().reduce(0) { $0 << 8 | Int($1) } : nil
        }
        let name = bytes.dropFirst(12).prefix(4)
        if name.elementsEqual("VP8X".utf8) {
            guard let width = littleEndian(24..<27), let height = littleEndian(27..<30) else { return nil }
            return (width + 1, height + 1)
        }
        if name.elementsEqual("VP8L".utf8) {
            guard bytes.count > 20, bytes[20] == 0x2f, let sides = littleEndian(21..<25) else { return nil }
            return (sides & 0x3fff + 1, sides >> 14 & 0x3fff + 1)
        }
        guard name.elementsEqual("VP8 ".utf8), bytes.dropFirst(23).starts(with: [0x9d, 0x01, 0x2a]),
            let width = littleEndian(26..<28), let height = littleEndian(28..<30)
        else { return nil }
        return (width & 0x3fff, height & 0x3fff)
    }

    /// The number at `range`, the highest byte first; nil if the bytes end before.
    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        bytes.indices.contains(range.upperBound - 1) ? bytes[range].reduce(0) { $0 << 8 | Int($1) } : nil
    }
}
