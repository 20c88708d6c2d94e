import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Follows the requests of a connection: tells the ``ConnectionClock`` what is waited for, keeps silent streams alive, and closes
/// a connection after the answer that is to be its last.
final class RequestPhases: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A body of which no more than this is left, in bytes, is read to its end after an answer that did not wait for it.
    private static let readToEnd = 256 << 10

    private let clock: ConnectionClock
    private let keepAlive: TimeAmount
    /// Requests begun and not yet answered: clients may send the next one early.
    private var unanswered = 0
    private var isReadingBody = false
    private var bodyLeft: Int?
    private var isStreaming = false
    private var lastWrite = NIODeadline.now()
    private var closesAfterAnswer = false

    init(_ clock: ConnectionClock, bounds: GatewayConfiguration.Bounds) {
        self.clock = clock
        keepAlive = TimeAmount(seconds: bounds.keepAliveSeconds)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        clock.onLook = { [weak self] now in self?.keepAlive(context, now) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            isReadingBody = true
            bodyLeft = head.headerFields[.contentLength].flatMap { Int($0) }
            if bodyLeft == nil, !head.headerFields.contains(.transferEncoding) { bodyLeft = 0 }
            if head.headerFields[.connection]?.lowercased() == "close" { closesAfterAnswer = true }
            clock.wait(for: .body)
            if head.headerFields[.expect]?.lowercased() == "100-continue", unanswered == 1 {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body(let bytes):
            bodyLeft = bodyLeft.map { $0 - bytes.readableBytes }
        case .end:
            isReadingBody = false
            // A refusal may have come before the body's end.
            clock.wait(for: unanswered > 0 ? .answering : .idle)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        lastWrite = .now()
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            // The rest of a refused body is not worth reading unless there is little of it.
            if isReadingBody, unanswered == 1, bodyLeft.map({ $0 > Self.readToEnd }) ?? true {
                closesAfterAnswer = true
            }
            if head.headerFields[.connection]?.lowercased() == "close" { closesAfterAnswer = true }
            if closesAfterAnswer { head.headerFields[.connection] = "close" }
            isStreaming = head.headerFields[.contentType]?.hasPrefix("text/event-stream") ?? false
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            isStreaming = false
            unanswered -= 1
            if closesAfterAnswer, unanswered <= 0 {
                context.writeAndFlush(data, promise: promise)
                hangUp(context)
            } else {
                context.write(data, promise: promise)
                if unanswered <= 0, !isReadingBody { clock.wait(for: .idle) }
            }
        default: context.write(data, promise: promise)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent where unanswered <= 0: context.close(promise: nil)
        // Streams would never end by themselves; their clients come back to where they were.
        case is ChannelShouldQuiesceEvent where isStreaming: endStream(context)
        case is ChannelShouldQuiesceEvent: closesAfterAnswer = true
        // Their client comes back, and is told why it may not.
        case is KeyWatch.KeyRefused: if isStreaming { endStream(context) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func endStream(_ context: ChannelHandlerContext) {
        isStreaming = false
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    /// A close while bytes are still arriving would make the other end throw the answer away: they are read for a moment.
    private func hangUp(_ context: ChannelHandlerContext) {
        guard isReadingBody else { return context.close(promise: nil) }
        clock.wait(for: .lingering)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func keepAlive(_ context: ChannelHandlerContext, _ now: NIODeadline) {
        guard isStreaming, now - lastWrite > keepAlive, context.channel.isWritable else { return }
        lastWrite = now
        context.writeAndFlush(wrapOutboundOut(.body(ByteBuffer(string: ": \n\n"))), promise: nil)
    }
}
