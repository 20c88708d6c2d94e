import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOSSL
import Synchronization

/// A connection that the gateway has accepted.
struct Connection: ServerChildChannelValue {
    let channel: any Channel
}

/// HTTP/1.1, and WebSocket for those whose first request asks for it, each within the configured bounds.
///
/// All of it are handlers on the event loop: a connection has a task only while one of its requests or messages is answered.
final class GatewayChannel: ServerChildChannel {
    private let respond: RequestLoop.Responder
    private let bounds: GatewayConfiguration.Bounds
    private let connections: OpenConnections
    private let watch: KeyWatch?
    private let tls: NIOSSLContext?
    private let webSocket: WebSocketDoor
    private let rounds = Mutex<[ObjectIdentifier: NIOLoopBound<ConnectionRounds>]>([:])

    init(
        respond: @escaping RequestLoop.Responder, bounds: GatewayConfiguration.Bounds, connections: OpenConnections,
        watch: KeyWatch?, tls: NIOSSLContext?, webSocket: WebSocketDoor
    ) {
        self.respond = respond
        self.bounds = bounds
        self.connections = connections
        self.watch = watch
        self.tls = tls
        self.webSocket = webSocket
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            guard connections.admit(channel) else {
                channel.close(promise: nil)
                return Connection(channel: channel)
            }
            // A client that has closed its side has gone: whatever it waited for is not wanted any longer.
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 65536))
            // Each read has a buffer that the connection keeps.
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
            let pipeline = channel.pipeline.syncOperations
            let clock = ConnectionClock(bounds, rounds(on: channel.eventLoop))
            try pipeline.addHandler(clock)
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
            try addHTTP(to: pipeline, clock)
            return Connection(channel: channel)
        }
    }

    /// The handlers do everything.
    func handle(value connection: Connection, logger: Logger) async {}

    private func addHTTP(to pipeline: ChannelPipeline.SynchronousOperations, _ clock: ConnectionClock) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = bounds.headerBytes
        limits.maxHeaderListSize = bounds.headerBytes
        limits.maxHeaderFieldCount = bounds.headerFields
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        let errors = ParserErrors()
        let choice = SpeechChoice(
            SpeechChoice.Outcomes(
                admit: { [webSocket] head in await webSocket.admit(head) },
                speakHTTP: { [self] in
                    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
                    try pipeline.addHandler(RequestPhases(clock, bounds: bounds))
                    try pipeline.addHandler(RequestLoop(respond: respond, connections: connections, watch: watch))
                },
                speakWebSocket: { [webSocket] admission in
                    pipeline.removeHandler(errors, promise: nil)
                    pipeline.removeHandler(encoder, promise: nil)
                    try webSocket.addHandlers(to: pipeline, clock, admission)
                },
                stopReadingHTTP: { pipeline.removeHandler(decoder, promise: nil) }))
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(errors)
        try pipeline.addHandler(choice)
    }

    private func rounds(on eventLoop: any EventLoop) -> ConnectionRounds {
        rounds.withLock { rounds in
            if let known = rounds[ObjectIdentifier(eventLoop)] { return known }
            let new = NIOLoopBound(ConnectionRounds(on: eventLoop, bounds), eventLoop: eventLoop)
            rounds[ObjectIdentifier(eventLoop)] = new
            return new
        }.value
    }
}
