import DaguerreImaging
import DaguerreJobs
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix

/// What the compatible interfaces share: how bodies and pictures come in, and how images and addresses go out.
struct CompatibleCore: Sendable {
    let service: JobService
    /// Fetches pictures by address, where the administrator has listed hosts.
    let fetcher: ImageFetcher?
    /// Bounds on bodies.
    let bounds: GatewayConfiguration.Bounds
    /// Places for large bodies.
    let largeBodies: OwnerSlots
    /// What the gateway computes on pictures itself.
    let pictureWork: PictureWork
    /// Where clients reach the server, without a slash at the end; as they called it where nil.
    let publicAddress: String?
    /// Whether the server speaks TLS itself.
    let hasTLS: Bool
    /// Names of models that clients have built in, and the registry's names that stand in for them.
    let modelAliases: [String: String]

    /// Takes in pictures on behalf of `caller`, and computes on `threads`.
    func intake(
        for caller: Caller, on threads: NIOThreadPool = NIOSingletons.posixBlockingThreadPool
    ) -> PictureIntake {
        PictureIntake(
            put: { try await service.upload($0, by: caller) }, fetcher: fetcher, limits: ImageLimits(),
            threads: threads)
    }

    /// Does `operation`, which reads the body and the pictures in it, once there is room for a body of that size.
    ///
    /// - Parameter operation: is told how fast the body has to come; nil for a small one, which takes nobody's place.
    func taking<Value: Sendable>(
        _ request: Request, by caller: Caller, _ operation: (BodyPace?) async throws -> Value
    ) async throws -> Value {
        let isSmall = request.headers[.contentLength].flatMap { Int($0) }.map { $0 <= 1 << 20 } ?? false
        guard !isSmall else { return try await operation(nil) }
        return try await largeBodies.hold(for: caller.owner) { try await operation(BodyPace(bounds)) }
    }

    /// Answers `request` by what the gateway computes itself on the pictures in the JSON object that is the body.
    func working(
        on request: Request, by caller: Caller,
        _ operation: ([String: JSONValue], PictureIntake) async throws -> Response
    ) async throws -> Response {
        try await taking(request, by: caller) { pace in
            let object = try await picturesObject(of: request, pace)
            return try await pictureWork.perform(for: caller) { threads in
                try await operation(object, intake(for: caller, on: threads))
            }
        }
    }

    /// The JSON object without pictures that is the body; empty where there is none.
    ///
    /// - Throws: `DecodingError` for what is no JSON; ``DaguerreJobs/RequestError`` for JSON that is no object, or holds more
    ///   than ``JSONExtent`` allows.
    func object(of request: Request) async throws -> [String: JSONValue] {
        try Self.object(in: try await request.bytes(atMost: bounds.jsonBytes))
    }

    /// The JSON object with pictures that is the body, as ``object(of:)`` reads it.
    func picturesObject(of request: Request, _ pace: BodyPace?) async throws -> [String: JSONValue] {
        let bytes = try await request.bytes(atMost: bounds.picturesBytes, pace)
        // Pictures make bodies of many megabytes, whose decoding must not hold up others.
        return try await NIOSingletons.posixBlockingThreadPool.runIfActive { try Self.object(in: bytes) }
    }

    private static func object(in bytes: [UInt8]) throws -> [String: JSONValue] {
        guard !bytes.isEmpty else { return [:] }
        try JSONExtent.check(bytes)
        let value = try JSON.decode(JSONValue.self, from: bytes)
        guard case .object(let object) = value else {
            throw RequestError("the body", found: value.outline, expected: "a JSON object")
        }
        return object
    }

    /// The form that is the body, read as it arrives.
    func form(of request: Request, _ pace: BodyPace?) async throws -> MultipartForm {
        var limits = MultipartForm.Limits()
        limits.totalBytes = bounds.picturesBytes
        var parser = try MultipartParser(contentType: request.headers[.contentType] ?? "", limits: limits)
        var pace = pace
        for try await buffer in request.body {
            try pace?.add(buffer.readableBytes)
            try parser.feed(buffer.readableBytesView)
        }
        return try parser.finish()
    }

    /// The bytes of each of `images`.
    func files(_ images: [JobImage]) async throws -> [[UInt8]] {
        var files: [[UInt8]] = []
        for image in images { files.append(try await service.bytes(of: image)) }
        return files
    }

    /// Where `image` can be fetched, as the sender of `request` reaches this server.
    func address(of image: JobImage, _ request: Request) -> String {
        let base = publicAddress ?? (hasTLS ? "https://" : "http://") + (request.head.authority ?? "localhost")
        return base + "/v1/images/" + image.digest.description
    }
}

extension RequestLimits {
    /// The size of a picture to begin with, in multiples of 8, where one of that size can be drawn.
    func drawableSize(of image: StoredImage) -> (width: Int, height: Int)? {
        let (width, height) = (image.width / 8 * 8, image.height / 8 * 8)
        return sides.contains(width) && sides.contains(height) && width * height <= pixels ? (width, height) : nil
    }
}
