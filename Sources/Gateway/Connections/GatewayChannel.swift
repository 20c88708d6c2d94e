import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOWebSocket

/// A connection that the gateway has accepted.
struct Connection: ServerChildChannelValue {
    /// What is spoken on it.
    enum Speech: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, Caller, key: String?)
    }

    let channel: any Channel
    /// What is spoken, once the first request has said so; nil on a connection that is one too many.
    let speech: EventLoopFuture<Speech>?
}

/// HTTP/1.1, and WebSocket for those whose first request asks for it, each within the configured bounds.
struct GatewayChannel: HTTPChannelHandler {
    let responder: Responder
    let bounds: GatewayConfiguration.Bounds
    let count: ConnectionCount
    let tls: NIOSSLContext?
    let webSocket: WebSocketDoor

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            guard count.admit(channel) else {
                channel.close(promise: nil)
                return Connection(channel: channel, speech: nil)
            }
            // A client that has closed its side has gone: whatever it waited for is not wanted any longer.
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 65536))
            // Each read has a buffer that the connection keeps.
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
            let pipeline = channel.pipeline.syncOperations
            let clock = ConnectionClock(bounds)
            try pipeline.addHandler(clock)
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
            return Connection(channel: channel, speech: try addHTTP(to: pipeline, of: channel, clock))
        }
    }

    private func addHTTP(
        to pipeline: ChannelPipeline.SynchronousOperations, of channel: any Channel, _ clock: ConnectionClock
    ) throws -> EventLoopFuture<Connection.Speech> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = bounds.headerBytes
        limits.maxHeaderListSize = bounds.headerBytes
        limits.maxHeaderFieldCount = bounds.headerFields
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        let errors = ParserErrors()
        let promise = channel.eventLoop.makePromise(of: Connection.Speech.self)
        let choice = SpeechChoice(
            SpeechChoice.Outcomes(
                admit: { [webSocket] head in await webSocket.admit(head) },
                speakHTTP: { [bounds, isSecure = tls != nil] in
                    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
                    try pipeline.addHandler(RequestPhases(clock, bounds: bounds))
                    return .http(
                        try NIOAsyncChannel(
                            wrappingChannelSynchronously: channel,
                            configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true)))
                },
                speakWebSocket: { [webSocket] admission in
                    pipeline.removeHandler(errors, promise: nil)
                    pipeline.removeHandler(encoder, promise: nil)
                    return .webSocket(
                        try webSocket.addHandlers(to: pipeline, of: channel, clock), admission.caller,
                        key: admission.key)
                },
                stopReadingHTTP: { pipeline.removeHandler(decoder, promise: nil) }),
            promise: promise)
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(errors)
        try pipeline.addHandler(choice)
        return promise.futureResult
    }

    func handle(value connection: Connection, logger: Logger) async {
        // Whatever fails before anything is spoken has closed the connection already.
        guard let speech = try? await connection.speech?.get() else { return }
        // A task that can be cancelled from the event loop: a child that waits for the close would be one more of each connection.
        let talk = Task {
            switch speech {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .webSocket(let channel, let caller, let key):
                await webSocket.serve(channel, caller, key: key, logger)
            }
        }
        connection.channel.closeFuture.whenComplete { _ in talk.cancel() }
        await withTaskCancellationHandler {
            await talk.value
        } onCancel: {
            talk.cancel()
        }
    }
}
