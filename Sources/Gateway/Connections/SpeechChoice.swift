import NIOCore
import NIOHTTP1

/// Decides by a connection's first request whether it speaks WebSocket or HTTP from there on.
///
/// NIO's own handler for this loses the request that it does not upgrade, which may be an ordinary one with a header too many
/// (`Upgrade: h2c`), or one whose refusal deserves an answer.
final class SpeechChoice: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// What the choice leads to; called on the connection's event loop.
    struct Outcomes {
        /// Who may have a WebSocket by this request; nil for all others, and then it is an ordinary request.
        let admit: @Sendable (HTTPRequestHead) async -> WebSocketDoor.Admission?
        /// Adds what speaks HTTP to the end of the pipeline.
        let speakHTTP: () throws -> Void
        /// Removes what speaks HTTP, and adds what speaks WebSocket to the end of the pipeline.
        let speakWebSocket: (WebSocketDoor.Admission) throws -> Void
        /// Removes what reads HTTP, which hands on what it has not read.
        let stopReadingHTTP: () -> Void
    }

    /// More parts than this do not come before an answer to a request for an upgrade.
    private static let mostParts = 64

    private let outcomes: Outcomes
    private var isChosen = false
    private var isDeciding = false
    private var parts: [HTTPServerRequestPart] = []

    init(_ outcomes: Outcomes) { self.outcomes = outcomes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isChosen else { return context.fireChannelRead(data) }
        let part = unwrapInboundIn(data)
        parts.append(part)
        if isDeciding {
            if parts.count > Self.mostParts { context.close(promise: nil) }
            return
        }
        guard case .head(let head) = part, WebSocketDoor.isAsked(head) else { return speakHTTP(context) }
        isDeciding = true
        context.eventLoop.makeFutureWithTask { [outcomes = outcomes.admit] in await outcomes(head) }
            .assumeIsolatedUnsafeUnchecked().whenComplete { result in
                guard context.channel.isActive, !self.isChosen else { return }
                if case .success(let admission?) = result {
                    self.speakWebSocket(context, admission)
                } else {
                    self.speakHTTP(context)
                }
            }
    }

    private func speakHTTP(_ context: ChannelHandlerContext) {
        do {
            try outcomes.speakHTTP()
            isChosen = true
            for part in parts { context.fireChannelRead(wrapInboundOut(part)) }
            if isDeciding { context.fireChannelReadComplete() }
            parts = []
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func speakWebSocket(_ context: ChannelHandlerContext, _ admission: WebSocketDoor.Admission) {
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: admission.answer)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        do {
            try outcomes.speakWebSocket(admission)
            isChosen = true
            parts = []
            outcomes.stopReadingHTTP()
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }
}
