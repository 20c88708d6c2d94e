import NIOCore
import NIOHTTP1

/// Answers what is no HTTP, before the connection is closed for it.
final class ParserErrors: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isAnswering = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): isAnswering = head.status.code >= 200
        case .body: break
        case .end: isAnswering = false
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        if !isAnswering {
            let isTooLarge = error == .headerOverflow
            let detail =
                isTooLarge
                ? "the request's headers are larger than the server takes" : "what was sent is no HTTP/1.1 request"
            let code = isTooLarge ? "headers_too_large" : "bad_request"
            let body = ByteBuffer(
                string: #"{"code":"\#(code)","detail":"\#(detail)","status":\#(isTooLarge ? 431 : 400),"#
                    + #""title":"The request cannot be read","type":"about:blank#\#(code)"}"#)
            let head = HTTPResponseHead(
                version: .http1_1, status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
                headers: [
                    "connection": "close", "content-type": "application/problem+json",
                    "content-length": String(body.readableBytes),
                ])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.close(promise: nil)
    }
}
