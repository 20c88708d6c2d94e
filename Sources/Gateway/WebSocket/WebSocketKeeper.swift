import NIOCore
import NIOWebSocket

/// The part of RFC 6455 that needs no thought: pings, pongs and closing.
final class WebSocketKeeper: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let clock: ConnectionClock
    private let pingInterval: TimeAmount
    private var lastPing = NIODeadline.now()
    private var hasClosed = false

    init(_ clock: ConnectionClock, pingSeconds: Double) {
        self.clock = clock
        pingInterval = TimeAmount(seconds: pingSeconds)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        clock.wait(for: .webSocket)
        clock.onLook = { [weak self] now in self?.ping(context, now) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .ping:
            // Who asks faster than it reads gets fewer answers.
            guard context.channel.isWritable, !hasClosed else { return }
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
        case .pong: break
        case .connectionClose: close(context, .normalClosure)
        default: if !hasClosed { context.fireChannelRead(data) }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasClosed else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        guard case .connectionClose = unwrapOutboundIn(data).opcode else {
            return context.write(data, promise: promise)
        }
        hasClosed = true
        context.writeAndFlush(data, promise: promise)
        context.close(promise: nil)
    }

    /// A frame that breaks the protocol, or a message whose pieces do not fit together, or are too many.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? NIOWebSocketError {
            return close(context, error == .invalidFrameLength ? .messageTooLarge : .protocolError)
        }
        guard let error = error as? NIOWebSocketFrameAggregator.Error else { return context.fireErrorCaught(error) }
        switch error {
        case .accumulatedFrameSizeIsTooLarge, .tooManyFragments: close(context, .messageTooLarge)
        default: close(context, .protocolError)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(context, .goingAway)
        case is KeyWatch.KeyRefused: close(context, .policyViolation, KeyWatch.KeyRefused.reason)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func ping(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        guard now - lastPing > pingInterval, context.channel.isWritable, !hasClosed else { return }
        lastPing = now
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode, _ reason: String = "") {
        guard !hasClosed else { return }
        hasClosed = true
        context.writeAndFlush(wrapOutboundOut(.close(code, reason)), promise: nil)
        context.close(promise: nil)
    }
}

extension WebSocketFrame {
    /// Says goodbye, and why: at most 123 bytes.
    static func close(_ code: WebSocketErrorCode, _ reason: String = "") -> WebSocketFrame {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        data.writeString(reason)
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    }
}
