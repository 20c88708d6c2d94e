import NIOCore

/// Closes a connection whose other end lets it wait for too long: for headers, for a body, for anything at all, or for room to
/// write in.
///
/// It sees bytes only, and is told by ``RequestPhases`` what they are part of. ``ConnectionRounds`` has it look at all of it every
/// so often, so neither a request nor a connection sets a timer.
final class ConnectionClock: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// What is being waited for.
    enum Phase {
        /// The first request's headers.
        case head
        /// Another request, or nothing.
        case idle
        /// The rest of a request's body.
        case body
        /// This end: a request is being answered.
        case answering
        /// The other end's closing; what it still sends is thrown away.
        case lingering
        /// A sign of life of a WebSocket client.
        case webSocket
    }

    /// Seconds for which a client that is still sending may go on, so that it sees the answer that refuses it.
    private static let lingerSeconds = 1.5
    /// Seconds over which a body's rate is looked at.
    private static let rateSeconds = 5.0

    private let bounds: GatewayConfiguration.Bounds
    private let rounds: ConnectionRounds
    private var context: ChannelHandlerContext?
    private var phase = Phase.head
    private var since = NIODeadline.now()
    private var bytesSince = 0
    private var isReading = false
    private var unwritableSince: NIODeadline?
    /// Is called at each look, with the moment; who sets it clears it when it is removed.
    var onLook: ((NIODeadline) -> Void)?

    init(_ bounds: GatewayConfiguration.Bounds, _ rounds: ConnectionRounds) {
        self.bounds = bounds
        self.rounds = rounds
    }

    /// Something else is waited for from now on.
    func wait(for phase: Phase) {
        self.phase = phase
        since = .now()
        bytesSince = 0
    }

    func handlerAdded(context: ChannelHandlerContext) {
        since = .now()
        self.context = context
        rounds.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        rounds.remove(self)
        self.context = nil
        onLook = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        switch phase {
        case .lingering: return
        case .body: bytesSince += unwrapInboundIn(data).readableBytes
        case .webSocket: since = .now()
        case .head, .idle, .answering: break
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        isReading = true
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : .now()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .head = phase, event is ChannelShouldQuiesceEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes the connection if it has been waited for too long.
    func look(_ now: NIODeadline) {
        guard let context else { return }
        if let unwritableSince, now - unwritableSince > TimeAmount(seconds: bounds.writeSeconds) {
            return context.close(promise: nil)
        }
        let elapsed = now - since
        switch phase {
        case .head where elapsed > TimeAmount(seconds: bounds.headerSeconds),
            .idle where elapsed > TimeAmount(seconds: bounds.idleSeconds),
            .webSocket where elapsed > TimeAmount(seconds: bounds.idleSeconds),
            .lingering where elapsed > TimeAmount(seconds: Self.lingerSeconds):
            return context.close(promise: nil)
        case .body where elapsed > TimeAmount(seconds: min(Self.rateSeconds, bounds.headerSeconds)):
            // A body that the server itself does not take is not slow.
            let needed = Double(bounds.bodyBytesPerSecond) * Double(elapsed.nanoseconds) / 1e9
            if isReading, Double(bytesSince) < needed { return context.close(promise: nil) }
            wait(for: .body)
        default: break
        }
        onLook?(now)
    }
}

extension TimeAmount {
    /// So many seconds.
    init(seconds: Double) { self = .nanoseconds(Int64(min(max(seconds, 0), 1e9) * 1e9)) }
}
