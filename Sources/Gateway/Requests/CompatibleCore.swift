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
    /// Holds only so many large bodies at once.
    let largeBodies: LargeBodies
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

    /// Does `operation`, which reads the body and the pictures in it, once there is room for a body of that size.
    func taking<Value: Sendable>(
        _ request: Request, _ operation: () async throws -> Value
    ) async throws -> Value {
        let isSmall = request.headers[.contentLength].flatMap { Int($0) }.map { $0 <= 1 << 20 } ?? false
        return isSmall ? try await operation() : try await largeBodies.hold(operation)
    }

    /// The JSON object that is the body; empty where there is none.
    ///
    /// - Throws: `DecodingError` for what is no JSON, ``DaguerreJobs/RequestError`` for JSON that is no object.
    func object(of request: Request) async throws -> [String: JSONValue] {
        let bytes = try await request.bytes(atMost: bodyLimit)
        guard !bytes.isEmpty else { return [:] }
        // Pictures make bodies of many megabytes, whose decoding must not hold up others.
        let value = try await NIOSingletons.posixBlockingThreadPool.runIfActive {
            try JSON.decode(JSONValue.self, from: bytes)
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
}

extension RequestLimits {
    /// The size of a picture to begin with, in multiples of 8, where one of that size can be drawn.
    func drawableSize(of image: StoredImage) -> (width: Int, height: Int)? {
        let (width, height) = (image.width / 8 * 8, image.height / 8 * 8)
        return sides.contains(width) && sides.contains(height) && width * height <= pixels ? (width, height) : nil
    }
}
