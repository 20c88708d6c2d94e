import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import FoundationEssentials
import NIOCore
import NIOPosix

/// Takes in the pictures that requests of the compatible interfaces carry: in base64, as files of a form, or by address.
///
/// Sizes are looked at before anything is decoded, and decoding runs on a thread of its own.
struct PictureIntake: Sendable {
    /// Keeps a file whose picture is known to be within the limits, for the caller.
    let put: @Sendable ([UInt8]) async throws -> StoredImage
    /// Fetches pictures by address, where the administrator has listed hosts.
    let fetcher: ImageFetcher?
    /// Bounds on every picture.
    let limits: ImageLimits
    /// What computes.
    let threads: NIOThreadPool

    /// What a mask says where.
    enum MaskMeaning {
        /// White is to change, or what is opaque where the picture has alpha that varies.
        case whiteChanges
        /// What is transparent is to change.
        case transparentChanges
    }

    /// Keeps the picture that `value` is or names.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for what is no picture within the limits.
    func picture(_ value: JSONValue, field: String) async throws -> StoredImage {
        try await keep(bytes(value, field: field), field: field)
    }

    /// Keeps `file`.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for what is no picture within the limits.
    func keep(_ file: [UInt8], field: String) async throws -> StoredImage {
        do { return try await put(file) } catch let error as ImagingError where error.isOfInput {
            throw Self.wrong(field, error)
        }
    }

    /// Keeps the mask that `value` is or names, in greys and in the size of `picture`: white is to change.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for what is no picture within the limits.
    func mask(
        _ value: JSONValue, field: String, meaning: MaskMeaning, of picture: StoredImage
    ) async throws -> StoredImage {
        let file = try await bytes(value, field: field)
        let prepared = try await mask(
            file, field: field, meaning: meaning, width: picture.width, height: picture.height)
        return try await keep(prepared, field: field)
    }

    /// The file of the mask in `file` for a picture of that size.
    func mask(
        _ file: [UInt8], field: String, meaning: MaskMeaning, width: Int, height: Int
    ) async throws -> [UInt8] {
        let limits = limits
        return try await offPool(field) {
            let image = try ImageFile.decode(file, limits: limits).image
            let cover: Image
            switch (meaning, image.alpha) {
            case (.whiteChanges, let alpha?) where alpha.pixels.contains { $0 < 255 }: cover = alpha
            case (.whiteChanges, _): cover = image.converted(to: .grey)
            case (.transparentChanges, let alpha?): cover = alpha.inverted
            case (.transparentChanges, nil):
                cover = Image(width: image.width, height: image.height, channels: .grey, filledWith: [0])
            }
            return try PNG.encode(cover.resized(width: width, height: height, filter: .bilinear), texts: [])
        }
    }

    /// The bytes that `value` is or names: base64, with or without `data:…;base64,` before it, or an address.
    func bytes(_ value: JSONValue, field: String) async throws -> [UInt8] {
        guard case .text(let text) = value else {
            throw RequestError(field, found: value.outline, expected: "a picture in base64")
        }
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            guard let fetcher else {
                throw RequestError(
                    field, found: "an address", expected: "a picture in base64: this server fetches nothing")
            }
            return try await fetcher.fetch(text, field: field)
        }
        let encoded: Substring
        if text.hasPrefix("data:") {
            guard let comma = text.firstIndex(of: ","), text[..<comma].hasSuffix(";base64") else {
                throw RequestError(field, found: "an address of data", expected: "data:image/png;base64,…")
            }
            encoded = text[text.index(after: comma)...]
        } else {
            encoded = text[...]
        }
        guard encoded.utf8.count <= limits.byteCount / 3 * 4 + 4 else {
            throw RequestError(
                field, found: "\(encoded.utf8.count) characters of base64",
                expected: "a picture of at most \(limits.byteCount) bytes")
        }
        let bytes = try await threads.runIfActive {
            Data(base64Encoded: String(encoded), options: .ignoreUnknownCharacters).map { Array($0) }
        }
        guard let bytes, !bytes.isEmpty else {
            throw RequestError(field, found: JSONValue.text(text).outline, expected: "a picture in base64")
        }
        return bytes
    }

    /// `preview` as a file of the kind and the size that `request` asks for.
    func enlarged(_ preview: JobProgress.Preview, for request: JobRequest) async throws -> [UInt8] {
        let (width, height) = (request.width ?? preview.width, request.height ?? preview.height)
        let output = request.output
        return try await offPool("preview") {
            let image = try ImageFile.decode(preview.bytes).image
            return try ImageFile.encode(
                image.resized(width: width, height: height, filter: .bicubic),
                as: ImageFormat(rawValue: output.format.rawValue) ?? .png, quality: output.quality)
        }
    }

    /// Decodes `file` on a thread of its own.
    func decoded(_ file: [UInt8], field: String) async throws -> ImageFile.Contents {
        let limits = limits
        return try await offPool(field) { try ImageFile.decode(file, limits: limits) }
    }

    /// What `body` computes on a thread of its own; what is wrong with the picture is called by `field`.
    func offPool<Value: Sendable>(_ field: String, _ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        do {
            return try await threads.runIfActive(body)
        } catch let error as ImagingError where error.isOfInput {
            throw Self.wrong(field, error)
        } catch let error as PixelsError {
            throw RequestError(
                field, found: "this picture (\(error))", expected: "one that this can be done with")
        }
    }

    private static func wrong(_ field: String, _ error: ImagingError) -> RequestError {
        RequestError(field, found: "this file (\(error))", expected: "a PNG, JPEG or WebP picture")
    }
}
