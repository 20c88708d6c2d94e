public import DaguerrePixels

/// Picture files of every format that is known, by their content rather than their name.
public enum ImageFile {
    /// What a file holds.
    public struct Contents: Hashable, Sendable {
        /// What kind of file it is.
        public let format: ImageFormat
        /// The picture, upright: RGB, or RGBA where the file has alpha.
        ///
        /// Who needs colours only takes `converted(to: .rgb)`, which drops alpha as Pillow's `convert("RGB")` does, and
        /// with it diffusers: what is transparent shows the colour that the file has there.
        public let image: Image
        /// How the picture was made, if the file says so; see ``Infotext``.
        public let infotext: String?
        /// Every other text of the file: chunks of a PNG file, none of others.
        public let texts: [PNG.Text]
    }

    /// The quality of JPEG and WebP files where none is asked for.
    public static let defaultQuality = 90

    /// Decodes a whole file, which must be complete and without a flaw.
    ///
    /// - Throws: ``ImagingError`` if it is of no known format, damaged, or beyond `limits`, of which nothing is decoded.
    public static func decode(_ bytes: [UInt8], limits: ImageLimits = ImageLimits()) throws(ImagingError) -> Contents {
        guard bytes.count <= limits.byteCount else {
            throw .tooManyBytes(count: bytes.count, limit: limits.byteCount)
        }
        guard let format = ImageFormat(sniffing: bytes) else { throw .unknownFormat }
        let (image, exif, text): (Image, EXIF?, String?)
        var texts: [PNG.Text] = []
        switch format {
        case .png:
            let contents = try PNG.decode(bytes, limits: limits)
            (image, exif) = (contents.image, EXIF(contents.exif))
            text = contents.texts.last { $0.key == Infotext.chunkKey }?.value
            texts = contents.texts.filter { $0.key != Infotext.chunkKey }
        case .jpeg:
            let contents = try JPEG.decode(bytes, limits: limits)
            (image, exif, text) = (contents.image, EXIF(contents.exif), nil)
        case .webp:
            let contents = try WebP.decode(bytes, limits: limits)
            (image, exif, text) = (contents.image, EXIF(contents.exif), nil)
        }
        return Contents(
            format: format, image: image.oriented(from: exif?.orientation ?? .upright),
            infotext: text ?? exif?.userComment, texts: texts)
    }

    /// Reads and decodes the file at `path`, which is looked at in full only if it is a regular file within `limits`.
    public static func read(_ path: String, limits: ImageLimits = ImageLimits()) throws(ImagingError) -> Contents {
        let bytes = try BoundedFile.read(path, limit: limits.byteCount)
        do {
            return try decode(bytes, limits: limits)
        } catch {
            throw .inFile(name: BoundedFile.name(path), error)
        }
    }

    /// Encodes `image`; equal input gives equal bytes.
    ///
    /// - Parameters:
    ///   - quality: 1 to 100, of JPEG and WebP; beyond, the nearest of these.
    ///   - infotext: how the picture was made. It goes into the text chunk `parameters` of a PNG file, else into EXIF's
    ///     user comment, where the web UI looks for it.
    ///   - provenance: where the picture comes from, written as XMP.
    /// - Throws: ``ImagingError`` if the format does not hold so large a picture or so long a text.
    public static func encode(
        _ image: Image, as format: ImageFormat, quality: Int = defaultQuality, infotext: String? = nil,
        provenance: Provenance? = nil
    ) throws(ImagingError) -> [UInt8] {
        let packet = provenance?.packet
        switch format {
        case .png:
            let texts = [(Infotext.chunkKey, infotext), (Provenance.chunkKey, packet)]
            return try PNG.encode(
                image, texts: texts.compactMap { key, text in text.map { PNG.Text(key: key, value: $0) } })
        case .jpeg:
            return try JPEG.encode(
                image, quality: quality, exif: infotext.map(EXIF.bytes(userComment:)),
                xmp: packet.map { Array($0.utf8) })
        case .webp:
            return try WebP.encode(
                image, quality: quality, exif: infotext.map(EXIF.bytes(userComment:)),
                xmp: packet.map { Array($0.utf8) })
        }
    }
}

extension Image {
    /// Writes the picture to `path` as a PNG file, which appears whole or not at all and replaces what was there.
    ///
    /// Text chunks say how it was made; see ``Infotext``.
    public func write(to path: String, texts: [PNG.Text] = []) throws(ImagingError) {
        try AtomicFile.write(PNG.encode(self, texts: texts), to: path, replacing: true)
    }
}
