import DaguerreGateway
import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import Foundation
import GatewaySupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

/// A gateway over the stub, asked as clients of the compatible interfaces ask.
struct CompatibleServer: Sendable {
    let server: StubServer
    let client: any TestClientProtocol

    /// Runs `body` beside a server.
    static func run(
        keys: FixedKeys? = nil, _ drawing: StubServer.Drawing = .init(), aliases: [String: String] = [:],
        bounds: GatewayConfiguration.Bounds = .init(), limits: RequestLimits = .init(),
        _ body: @escaping @Sendable (CompatibleServer) async throws -> Void
    ) async throws {
        let server = StubServer(drawing, limits: limits)
        var configuration = GatewayConfiguration()
        configuration.modelAliases = aliases
        configuration.bounds = bounds
        let gateway = Gateway(
            service: server.service, keys: keys, configuration: configuration, logger: Logger(label: "test"))
        try await server.running {
            try await Application(responder: gateway.responder).test(.router) { client in
                try await body(CompatibleServer(server: server, client: client))
            }
        }
    }

    /// An answer with its body as JSON.
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let bytes: [UInt8]

        /// The object that it holds; empty if it holds none.
        var object: [String: Any] { (value as? [String: Any]) ?? [:] }
        var value: Any? { try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) }
        var text: String { String(decoding: bytes, as: UTF8.self) }

        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    func get(_ path: String, key: String? = nil) async throws -> Answer {
        try await ask(path, .get, [], key: key)
    }

    func post(_ path: String, _ body: [String: Any], key: String? = nil) async throws -> Answer {
        try await ask(
            path, .post, [UInt8](JSONSerialization.data(withJSONObject: body)), type: "application/json", key: key)
    }

    func send(_ path: String, _ body: [UInt8], type: String? = nil) async throws -> Answer {
        try await ask(path, .post, body, type: type, key: nil)
    }

    private func ask(
        _ path: String, _ method: HTTPRequest.Method, _ body: [UInt8], type: String? = nil, key: String?
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        headers[.contentType] = type
        if let key { headers[.authorization] = "Bearer " + key }
        return try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(bytes: body)) {
            Answer(status: $0.status.code, headers: $0.headers, bytes: Array(buffer: $0.body))
        }
    }

    /// What the newest jobs of `owner` are to draw, the newest first.
    func requests(of owner: Owner = .local) async throws -> [JobRequest] {
        try await server.queue.jobs(JobFilter(owner: owner)).map(\.request)
    }

    /// The picture that was uploaded as `digest`.
    func upload(_ digest: BlobDigest?) async throws -> Image {
        let digest = try #require(digest)
        let bytes = await server.blobs.read(digest, range: nil)
        return try ImageFile.decode(try #require(bytes)).image
    }
}

/// A picture as requests carry it.
func base64(_ image: Image) throws -> String { Data(try ImageFile.encode(image, as: .png)).base64EncodedString() }

/// What `body` draws after `milliseconds`, at most ten seconds later, is true of the server.
func eventually(_ condition: @Sendable () async throws -> Bool) async throws {
    for _ in 0..<1000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("did not come to be within ten seconds")
}
