import DaguerreGateway
import DaguerreJobs
import FoundationEssentials
import GatewaySupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

/// A logger that says nothing.
let silent = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// Asks a gateway's routes without a network.
func asking<Value: Sendable>(
    _ drawing: StubServer.Drawing = StubServer.Drawing(), keys: (any CallerSource)? = nil,
    configuration: GatewayConfiguration = GatewayConfiguration(), page: [PageFile] = [], capacity: Int = 1000,
    _ test: @escaping @Sendable (any TestClientProtocol, StubServer) async throws -> Value
) async throws -> Value {
    let server = StubServer(drawing, capacity: capacity)
    let gateway = Gateway(
        service: server.service, keys: keys, configuration: configuration, page: page, logger: silent)
    return try await server.running {
        try await Application(responder: gateway.responder, logger: silent).test(.router) { client in
            try await test(client, server)
        }
    }
}

/// Runs a gateway that listens on a free port.
func serving<Value: Sendable>(
    _ drawing: StubServer.Drawing = StubServer.Drawing(), keys: (any CallerSource)? = nil,
    tls: GatewayConfiguration.TLSFiles? = nil, bounds: GatewayConfiguration.Bounds = GatewayConfiguration.Bounds(),
    _ test: @escaping @Sendable (_ port: Int, StubServer) async throws -> Value
) async throws -> Value {
    let server = StubServer(drawing)
    var configuration = GatewayConfiguration()
    configuration.port = 0
    configuration.tls = tls
    configuration.bounds = bounds
    let (ports, portSource) = AsyncStream<Int>.makeStream()
    let gateway = Gateway(
        service: server.service, keys: keys, configuration: configuration, logger: silent,
        onServing: { portSource.yield($0) })
    return try await server.running {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gateway.run() }
            let port = try #require(await ports.first { _ in true })
            let value = try await test(port, server)
            group.cancelAll()
            return value
        }
    }
}

extension TestClientProtocol {
    /// Asks, as the holder of `key` if one is given.
    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, key: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        if let key { headers[.authorization] = "Bearer " + key }
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await executeRequest(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
    }
}

extension TestResponse {
    /// The body as JSON.
    var json: JSONTree {
        get throws { try JSONDecoder().decode(JSONTree.self, from: Data(Array(buffer: body))) }
    }
}
