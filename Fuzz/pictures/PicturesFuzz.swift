import DaguerreImaging
import DaguerrePixels

/// Decodes the bytes as a picture file and reads all that it let through: every pixel, its text and the settings in it.
///
/// Whatever the bytes are, the reader must answer with a picture within its limits or with an `ImagingError`: a trap, a
/// read outside the bytes, a leak or a long wait ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPictures(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    // Small, so that most of the time goes into files rather than pixels.
    let limits = ImageLimits(side: 80, pixelCount: 2_000, chunkByteCount: 100_000, chunkCount: 20)
    do {
        let contents = try ImageFile.decode(bytes, limits: limits)
        let image = contents.image
        guard image.width <= limits.side, image.height <= limits.side, image.pixelCount <= limits.pixelCount else {
            return broken()
        }
        guard image.pixels.reduce(0, { $0 &+ Int($1) }) >= 0 else { return broken() }
        guard ImageFormat(sniffing: bytes) == contents.format else { return broken() }
        if let text = contents.infotext { readSettings(of: text) }
    } catch {
        guard !error.description.contains("\n"), error.description.utf8.count < 2000 else { return broken() }
    }
    return 0
}

/// Reads a text as settings, and each as whatever it may stand for.
private func readSettings(of text: String) {
    let info = Infotext(parsing: text)
    for field in info.fields {
        // What is refused is refused; that it is not trapped on is the point.
        _ = try? info.integer(field.name) as Int?
        _ = try? info.number(field.name)
        _ = try? info.size(field.name)
        _ = info.parts(of: field.name)
    }
    if !info.fields.isEmpty, Infotext(parsing: info.text).fields != info.fields { _ = broken() }
}

/// Stops the run: what the reader let through breaks its own promise.
private func broken() -> CInt {
    preconditionFailure("the reader let through a picture that breaks its rules")
}
