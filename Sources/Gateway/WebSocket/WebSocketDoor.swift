import Crypto
import DaguerreJobs
import FoundationEssentials
import HTTPTypes
package import Logging
package import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Decides which connections become WebSockets, and serves those that do.
///
/// Source: RFC 6455, section 4.2.
package struct WebSocketDoor: Sendable {
    /// Where WebSockets are spoken.
    static let path = "/v1/ws"
    /// The subprotocol that is spoken, for clients that ask for one.
    private static let name = "daguerre.v1"
    /// A browser's WebSocket cannot send headers, but it can offer a subprotocol: what follows this is a key.
    private static let keyPrefix = "daguerre.key."
    /// What a key is hashed with, so that only who speaks the protocol answers right.
    private static let handshake = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    let service: JobService
    let doorkeeper: Doorkeeper
    let bounds: GatewayConfiguration.Bounds
    let connections: OpenConnections
    /// Watches over those that are open; nil on a server without keys.
    let watch: KeyWatch?

    /// Who was let in, by which key, and the headers that tell them so.
    struct Admission: Sendable {
        let caller: Caller
        let key: String?
        let answer: HTTPHeaders
    }

    /// Whether `head` asks for a WebSocket where they are spoken.
    static func isAsked(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.uri.prefix { $0 != "?" } == path[...]
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && !head.headers.contains(name: "content-length") && !head.headers.contains(name: "transfer-encoding")
    }

    /// Who asks by `head`, if they may; who may not is told why by the route of the same path.
    func admit(_ head: HTTPRequestHead) async -> Admission? {
        guard head.headers.first(name: "sec-websocket-version") == "13",
            let nonce = head.headers.first(name: "sec-websocket-key"), Data(base64Encoded: nonce)?.count == 16
        else { return nil }
        let request = HTTPRequest(
            method: .get, scheme: nil, authority: head.headers.first(name: "host"), path: head.uri,
            headerFields: HTTPFields(
                [HTTPField.Name.origin, .authorization, .apiKey].flatMap { name in
                    head.headers[name.rawName].map { HTTPField(name: name, value: $0) }
                }))
        let offers = head.headers[canonicalForm: "sec-websocket-protocol"]
        let offered = offers.first { $0.hasPrefix(Self.keyPrefix) }.map { String($0.dropFirst(Self.keyPrefix.count)) }
        let key = offered ?? Doorkeeper.key(in: request.headerFields)
        guard (try? doorkeeper.checkOrigin(of: request)) != nil,
            var caller = try? await doorkeeper.caller(of: request, key: key)
        else { return nil }
        caller.trace = JobTrace(
            requestID: head.headers.first(name: "x-request-id"), traceParent: head.headers.first(name: "traceparent"))
        var answer: HTTPHeaders = [
            "connection": "upgrade", "upgrade": "websocket",
            "sec-websocket-accept": Data(Insecure.SHA1.hash(data: Array((nonce + Self.handshake).utf8)))
                .base64EncodedString(),
        ]
        if offers.contains(Self.name[...]) { answer.add(name: "sec-websocket-protocol", value: Self.name) }
        return Admission(caller: caller, key: key, answer: answer)
    }

    /// Speaks WebSocket on `channel` as from after the upgrade, for who brings the bytes by other means than a network.
    ///
    /// - Parameter executor: where its tasks run.
    /// - Returns: the talk, which lasts until either side closes.
    package static func talk(
        on channel: any Channel, with service: JobService, by caller: Caller, key: String?,
        keys: (any CallerSource)?, bounds: GatewayConfiguration.Bounds, logger: Logger,
        tasksOn executor: (any TaskExecutor)?
    ) throws -> @Sendable () async -> Void {
        let connections = OpenConnections(most: 1, perAddress: 1)
        let door = WebSocketDoor(
            service: service, doorkeeper: Doorkeeper(keys: keys, allowedOrigins: [], allowedHosts: []), bounds: bounds,
            connections: connections, watch: nil)
        let clock = ConnectionClock(bounds, ConnectionRounds(on: channel.eventLoop, bounds))
        try channel.pipeline.syncOperations.addHandler(clock)
        try door.addHandlers(
            to: channel.pipeline.syncOperations, clock, Admission(caller: caller, key: key, answer: [:]),
            tasksOn: executor)
        return {
            do {
                try await channel.closeFuture.get()
            } catch {
                logger.debug("A WebSocket ended", metadata: ["error": "\(error)"])
            }
            await connections.close()
        }
    }

    /// Adds what speaks WebSocket with who was admitted to the end of `pipeline`.
    func addHandlers(
        to pipeline: ChannelPipeline.SynchronousOperations, _ clock: ConnectionClock, _ admission: Admission,
        tasksOn executor: (any TaskExecutor)? = nil
    ) throws {
        try pipeline.addHandler(WebSocketFrameEncoder())
        try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: bounds.messageBytes)))
        try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64, maxAccumulatedFrameSize: bounds.messageBytes))
        try pipeline.addHandler(WebSocketKeeper(clock, pingSeconds: bounds.pingSeconds))
        let session = WebSocketSession(
            service: service, caller: admission.caller, key: admission.key, keys: doorkeeper.keys,
            mostSubscriptions: bounds.subscriptions)
        try pipeline.addHandler(WebSocketTalk(session, connections: connections, watch: watch, on: executor))
    }
}
