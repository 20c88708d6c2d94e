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
    /// Bytes of a body.
    let bodyLimit: Int
    /// Where clients reach the server, without a slash at the end; as they called it where nil.
    let publicAddress: String?
    /// Whether the server speaks TLS itself.
    let hasTLS: Bool
    /// Names of models that clients have built in, and the registry's names that stand in for them.
    let modelAliases: [String: String]

    /// Takes in pictures on behalf of `caller`.
    func intake(for caller: Caller) -> PictureIntake {
        PictureIntake(put: { try await service.upload($0, by: caller) }, fetcher: fetcher, limits: ImageLimits())
    }

    /// The JSON object that is the body; empty where there is none.
    ///
    /// - Throws: `DecodingError` for what is no JSON, ``DaguerreJobs/RequestError`` for JSON that is no object.
    func object(of request: Request) async throws -> [String: JSONValue] {
        let buffer = try await request.body.collect(upTo: bodyLimit)
        guard buffer.readableBytes > 0 else { return [:] }
        // Pictures make bodies of many megabytes, whose decoding must not hold up others.
        let value = try await NIOSingletons.posixBlockingThreadPool.runIfActive {
            try JSON.decode(JSONValue.self, from: Array(buffer: buffer))
        }
        guard case .object(let object) = value else {
            throw RequestError("the body", found: value.outline, expected: "a JSON object")
        }
        return object
    }

    /// The form that is the body, read as it arrives.
    func form(of request: Request) async throws -> MultipartForm {
        var limits = MultipartForm.Limits()
        limits.totalBytes = bodyLimit
        var parser = try MultipartParser(contentType: request.headers[.contentType] ?? "", limits: limits)
        for try await buffer in request.body { try parser.feed(buffer.readableBytesView) }
        return try parser.finish()
    }

    /// What `operation` answers, if the client stays connected; its task is cancelled when the client goes.
    ///
    /// The connection does not outlast the answer: its end was listened for.
    func whileConnected(
        _ request: Request, _ operation: @Sendable () async throws -> Response
    ) async throws -> Response {
        var response = try await request.body.consumeWithCancellationOnInboundClose { _ in try await operation() }
        response.headers[.connection] = "close"
        return response
    }

    /// The bytes of each of `images`.
    func files(_ images: [JobImage]) async throws -> [[UInt8]] {
        var files: [[UInt8]] = []
        for image in images { files.append(try await service.bytes(of: image.stored)) }
        return files
    }

    /// Where `image` can be fetched, as the sender of `request` reaches this server.
    func address(of image: JobImage, _ request: Request) -> String {
        let base = publicAddress ?? (hasTLS ? "https://" : "http://") + (request.head.authority ?? "localhost")
        return base + "/v1/images/" + image.digest.description
    }

    /// The size of a picture to begin with, in multiples of 8, where it can be drawn.
    func drawableSize(of image: StoredImage) -> (width: Int, height: Int)? {
        let (width, height) = (image.width / 8 * 8, image.height / 8 * 8)
        let limits = service.limits
        guard limits.sides.contains(width), limits.sides.contains(height), width * height <= limits.pixels else {
            return nil
        }
        return (width, height)
    }
}
