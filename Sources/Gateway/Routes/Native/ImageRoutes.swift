import DaguerreJobs
import HTTPTypes
import Hummingbird
import NIOCore

/// `/v1/images/{digest}` and `/v1/uploads`: files out and in.
struct ImageRoutes: Sendable {
    let service: JobService
    let bounds: GatewayConfiguration.Bounds
    let largeBodies: OwnerSlots

    /// Where the image is served.
    static func address(of digest: BlobDigest) -> String { "/v1/images/\(digest)" }

    func add(to group: RouterGroup<GatewayContext>) {
        group.get("v1/images/{digest}", use: image)
        group.head("v1/images/{digest}", use: image)
        group.put("v1/uploads", use: upload)
        group.post("v1/uploads", use: upload)
    }

    /// The file, or the range of it that is asked for; 304 for who has it already, since what a digest names never changes.
    @Sendable private func image(_ request: Request, context: GatewayContext) async throws -> Response {
        guard let digest = BlobDigest(context.parameters.get("digest") ?? "") else {
            throw GatewayError.notFound("no image of yours is called that; images are called by 64 hexadecimal digits")
        }
        let image = try await service.image(digest, for: context.caller)
        let tag = "\"\(digest)\""
        var headers: HTTPFields = [
            .eTag: tag, .acceptRanges: "bytes", .cacheControl: "private, max-age=31536000, immutable",
            .xContentTypeOptions: "nosniff",
        ]
        if let known = request.headers[.ifNoneMatch], Self.lists(known, tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = image.mediaType
        headers[.contentDisposition] =
            "inline; filename=\"\(digest.description.prefix(16)).\(image.mediaType.split(separator: "/").last ?? "bin")\""
        var range: Range<Int>?
        if let asked = request.headers[.range], request.headers[.ifRange].map({ $0 == tag }) ?? true {
            range = try Self.range(asked, byteCount: image.byteCount)
        }
        if let range { headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(image.byteCount)" }
        let status: HTTPResponse.Status = range == nil ? .ok : .partialContent
        guard request.method != .head else {
            headers[.contentLength] = String(range?.count ?? image.byteCount)
            return Response(status: status, headers: headers)
        }
        let bytes = try await service.bytes(of: image, range: range)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// 201 with what to call the picture by.
    @Sendable private func upload(_ request: Request, context: GatewayContext) async throws -> Response {
        let caller = try context.caller
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
        guard type.map({ $0.hasPrefix("image/") || $0 == "application/octet-stream" }) ?? true else {
            throw GatewayError.unsupportedMediaType(
                found: type ?? "", expected: "image/png, image/jpeg, image/webp or application/octet-stream")
        }
        let image = try await largeBodies.hold(for: caller.owner) {
            try await service.upload(
                try await request.bytes(atMost: bounds.uploadBytes, BodyPace(bounds)), by: caller)
        }
        return try JSON.response(
            UploadBody(image), status: .created, headers: [.location: Self.address(of: image.digest)])
    }

    /// Whether `field` lists `tag`, or anything at all.
    private static func lists(_ field: String, _ tag: String) -> Bool {
        field.split(separator: ",").contains { part in
            let part = part.drop { $0 == " " }.trimmingSuffix { $0 == " " }
            return part == "*" || part == tag || part == "W/" + tag
        }
    }

    /// The one range that `field` asks for; nil where it is not one range of bytes, which asks for all.
    ///
    /// Source: RFC 9110, section 14.1.2.
    static func range(_ field: String, byteCount: Int) throws(GatewayError) -> Range<Int>? {
        guard field.hasPrefix("bytes=") else { return nil }
        let parts = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }) else { return nil }
        let first = Int(parts[0]), last = Int(parts[1])
        // Digits that make no number lie beyond every file.
        if !parts[0].isEmpty {
            guard let first, first < byteCount else { throw .rangeNotSatisfiable(byteCount: byteCount) }
            guard !parts[1].isEmpty else { return first..<byteCount }
            let end = min(last ?? .max, byteCount - 1)
            return first <= end ? first..<end + 1 : nil
        }
        guard !parts[1].isEmpty else { return nil }
        let suffix = min(last ?? .max, byteCount)
        guard suffix > 0 else { throw .rangeNotSatisfiable(byteCount: byteCount) }
        return byteCount - suffix..<byteCount
    }

    private struct UploadBody: Encodable {
        let upload: BlobDigest
        let url: String
        let width, height, byteCount: Int
        let mediaType: String

        private enum CodingKeys: String, CodingKey {
            case upload, url, width, height
            case byteCount = "byte_count"
            case mediaType = "media_type"
        }

        init(_ image: StoredImage) {
            upload = image.digest
            url = ImageRoutes.address(of: image.digest)
            width = image.width
            height = image.height
            byteCount = image.byteCount
            mediaType = image.mediaType
        }
    }
}

extension HTTPField.Name {
    /// Forbids a browser to guess what a file is.
    static let xContentTypeOptions = own("X-Content-Type-Options")
}
