public import DaguerreJobs

extension JobService {
    /// Keeps a picture that the caller sends, so that requests can name it.
    ///
    /// The file is looked at in full, within bounds, and kept as it was sent, text and all: its digest is then one that the
    /// client can compute, and no one but its owner reads it.
    ///
    /// - Throws: ``ImagingError`` for what is no PNG, JPEG or WebP file of at most 16 megapixels, 8192 a side and 32 MiB.
    public func upload(_ bytes: [UInt8], by caller: Caller) async throws -> StoredImage {
        let seen = try await intake.inspect(bytes)
        let image = StoredImage(
            digest: try await blobs.put(bytes), mediaType: seen.mediaType, byteCount: bytes.count, width: seen.width,
            height: seen.height)
        try await queue.addUpload(image, owner: caller.owner)
        return image
    }

    /// What is known of an image or upload of the caller.
    ///
    /// - Throws: ``GatewayError/notFound(_:)`` unless it is theirs, and may be shown.
    public func image(_ digest: BlobDigest, for caller: Caller) async throws -> StoredImage {
        guard let image = try await queue.image(digest, owner: caller.visible) else {
            throw GatewayError.notFound("no image of yours is called \(digest)")
        }
        guard !withholds(image.isUnjudged) else { throw Self.unjudged(digest) }
        return image
    }

    /// The bytes of an image that a job drew.
    ///
    /// - Throws: ``GatewayError/notFound(_:)`` if they have been forgotten since, or may not be shown.
    func bytes(of image: JobImage) async throws -> [UInt8] {
        guard !withholds(image.isUnjudged) else { throw Self.unjudged(image.digest) }
        return try await bytes(of: StoredImage(image))
    }

    /// Whether a picture is kept back, which no safety checker has looked at if it `isUnjudged`.
    func withholds(_ isUnjudged: Bool) -> Bool { withholdsUnjudged && isUnjudged }

    private static func unjudged(_ digest: BlobDigest) -> GatewayError {
        .notFound(
            "the image \(digest) was drawn before the server had a safety policy, and is kept back; draw it again")
    }

    /// The bytes of `image`, or those of `range`, which must lie within.
    ///
    /// - Throws: ``GatewayError/notFound(_:)`` if they have been forgotten since.
    public func bytes(of image: StoredImage, range: Range<Int>? = nil) async throws -> [UInt8] {
        guard let bytes = try await blobs.read(image.digest, range: range) else {
            throw GatewayError.notFound("the image \(image.digest) is no longer kept")
        }
        return bytes
    }
}
