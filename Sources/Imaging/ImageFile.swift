public import DaguerrePixels

extension Image {
    /// Writes the picture to `path` as a PNG file, which appears whole or not at all and replaces what was there.
    ///
    /// Text chunks say how it was made; see ``Infotext``.
    public func write(to path: String, texts: [PNG.Text] = []) throws(ImagingError) {
        try AtomicFile.write(PNG.encode(self, texts: texts), to: path, replacing: true)
    }
}
