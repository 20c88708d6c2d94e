import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization

/// Decides which connections become WebSockets, and serves those that do.
struct WebSocketDoor: Sendable {
    /// Where WebSockets are spoken.
    static let path = "/v1/ws"
    /// The subprotocol that is spoken, for clients that ask for one.
    private static let name = "daguerre.v1"
    /// A browser's WebSocket cannot send headers, but it can offer a subprotocol: what follows this is a key.
    private static let keyPrefix = "daguerre.key."

    let service: JobService
    let doorkeeper: Doorkeeper
    let bounds: GatewayConfiguration.Bounds

    func upgrader(
        _ clock: NIOLoopBound<ConnectionClock>, _ bounds: GatewayConfiguration.Bounds
    ) -> NIOTypedWebSocketServerUpgrader<Connection.Speech> {
        let admitted = AdmittedCaller()
        return NIOTypedWebSocketServerUpgrader(
            maxFrameSize: bounds.messageBytes,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeFutureWithTask {
                    // Whoever is refused falls through to the route of the same path, which says why.
                    guard let caller = try? await admit(head) else { return nil }
                    admitted.caller.withLock { $0 = caller }
                    return offers(head).contains(Self.name[...]) ? ["Sec-WebSocket-Protocol": Self.name] : [:]
                }
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let caller = admitted.caller.withLock({ $0 }) else { throw GatewayError.unauthorized }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                            maxAccumulatedFrameSize: bounds.messageBytes))
                    try pipeline.addHandler(WebSocketKeeper(clock.value, pingSeconds: bounds.pingSeconds))
                    return .webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel), caller)
                }
            })
    }

    /// Talks with a client until either side closes.
    func serve(_ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ caller: Caller, _ logger: Logger) async {
        do {
            try await channel.executeThenClose { inbound, outbound in
                await WebSocketSession(
                    service: service, caller: caller, keys: doorkeeper.keys, bounds: bounds, outbound: outbound
                ).run(inbound)
            }
        } catch {
            logger.debug("A WebSocket ended", metadata: ["error": "\(error)"])
        }
    }

    private func admit(_ head: HTTPRequestHead) async throws -> Caller? {
        guard head.uri.prefix(while: { $0 != "?" }) == Self.path[...], head.method == .GET else { return nil }
        let request = HTTPRequest(
            method: .get, scheme: nil, authority: head.headers.first(name: "host"), path: head.uri,
            headerFields: HTTPFields(
                [HTTPField.Name.origin, .authorization, .apiKey].flatMap { name in
                    head.headers[name.rawName].map { HTTPField(name: name, value: $0) }
                }))
        try doorkeeper.checkOrigin(of: request)
        let key = offers(head).first { $0.hasPrefix(Self.keyPrefix) }.map { String($0.dropFirst(Self.keyPrefix.count)) }
        return try await doorkeeper.caller(of: request, key: key)
    }

    private func offers(_ head: HTTPRequestHead) -> [Substring] {
        head.headers[canonicalForm: "sec-websocket-protocol"]
    }
}

/// Who was let in, from the moment of the decision to that of the upgrade.
private final class AdmittedCaller: Sendable {
    let caller = Mutex<Caller?>(nil)
}
