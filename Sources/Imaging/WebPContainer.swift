import DaguerrePixels

/// The chunks of a WebP file.
///
/// Source: RFC 9649, section 2.
struct WebPContainer {
    private let bytes: [UInt8]
    private let chunks: [(name: ArraySlice<UInt8>, content: Range<Int>)]

    /// Finds the chunks of a file.
    ///
    /// - Throws: ``ImagingError/wrongFormat(_:)``, or ``ImagingError/damaged(_:reason:)`` if the file ends before a
    ///   chunk that it announces.
    init(_ bytes: [UInt8]) throws(ImagingError) {
        guard ImageFormat(sniffing: bytes) == .webp, bytes.count >= 12 else { throw .wrongFormat(.webp) }
        let end = 8 + Self.number(bytes[4..<8])
        guard end <= bytes.count else { throw .damaged(.webp, reason: "the file ends early") }
        var chunks: [(ArraySlice<UInt8>, Range<Int>)] = []
        var offset = 12
        while offset + 8 <= end {
            let content = offset + 8..<offset + 8 + Self.number(bytes[offset + 4..<offset + 8])
            guard content.upperBound <= end else { throw .damaged(.webp, reason: "a chunk ends early") }
            guard chunks.count < Self.mostChunks else {
                throw .damaged(.webp, reason: "more chunks than an honest file has")
            }
            chunks.append((bytes[offset..<offset + 4], content))
            offset = content.upperBound + content.count % 2
        }
        self.bytes = bytes
        self.chunks = chunks
    }

    /// The content of the first chunk called `name`, which has four letters.
    subscript(name: String) -> ArraySlice<UInt8>? {
        chunks.first { $0.name.elementsEqual(name.utf8) }.map { bytes[$0.content] }
    }

    /// The file with chunks of EXIF and XMP at its end; `image` is what it shows.
    func adding(exif: [UInt8]?, xmp: [UInt8]?, to image: Image) -> [UInt8] {
        let hasAlpha = image.channels == .rgba
        func size(_ side: Int) -> [UInt8] { Self.bytes(of: side - 1, count: 3) }
        // Features (bit 2: XMP, bit 3: EXIF, bit 4: alpha), three bytes of nothing, the picture's size.
        let features: UInt8 = (xmp == nil ? 0 : 4) | (exif == nil ? 0 : 8) | (hasAlpha ? 16 : 0)
        var body = Self.chunk("VP8X", [features, 0, 0, 0] + size(image.width) + size(image.height))
        for (name, content) in chunks where !name.elementsEqual("VP8X".utf8) {
            body += Self.chunk(String(decoding: name, as: UTF8.self), Array(bytes[content]))
        }
        for (name, content) in [("EXIF", exif), ("XMP ", xmp)] {
            if let content { body += Self.chunk(name, content) }
        }
        return Array("RIFF".utf8) + Self.bytes(of: 4 + body.count, count: 4) + Array("WEBP".utf8) + body
    }

    /// More are not looked at.
    private static let mostChunks = 1000

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        Array(name.utf8) + bytes(of: content.count, count: 4) + content
            + [UInt8](repeating: 0, count: content.count % 2)
    }

    /// A number of few bytes, the lowest first.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }

    private static func bytes(of number: Int, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
