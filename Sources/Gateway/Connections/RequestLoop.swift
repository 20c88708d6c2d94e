import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Answers a connection's requests one after another, each in a task that ends with its answer.
///
/// Between requests, and while a client only listens to an ``EventStream``, there is no task: one keeps the memory of its deepest
/// call for as long as it lives, which thousands of silent clients would pay for.
final class RequestLoop: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPResponsePart

    /// What a request is answered with.
    typealias Responder = @Sendable (Request, any Channel) async throws -> Response

    private enum Phase {
        /// Another request is waited for.
        case idle
        /// A task answers; it may wait for room to write in.
        case answering(Task<Void, Never>, waiting: CheckedContinuation<Void, any Error>?)
        /// The answer is a stream, of which this writes what there is.
        case following(EventStream)
        /// The answer is out, and the rest of the request is not read yet.
        case skipping
        /// Nothing more will happen.
        case over
    }

    private let respond: Responder
    private let connections: OpenConnections
    private let watch: KeyWatch?
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    /// The body of the request that is being answered, until it has come.
    private var body: BodyReading?
    private var isReadingRequest = false
    /// What came before its turn.
    private var early: [HTTPRequestPart] = []
    private var isReadDelayed = false
    private var watchedKey: String?

    init(respond: @escaping Responder, connections: OpenConnections, watch: KeyWatch?) {
        self.respond = respond
        self.connections = connections
        self.watch = watch
    }

    // MARK: What comes

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard early.isEmpty, take(part, context) else { return early.append(part) }
    }

    func read(context: ChannelHandlerContext) {
        isReadDelayed = !wantsMore
        if wantsMore { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            switch phase {
            case .answering(let task, waiting: let waiting?):
                phase = .answering(task, waiting: nil)
                waiting.resume()
            case .following: tell()
            case .idle: goOn()
            default: break
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    /// Whether `part` was in its turn.
    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) -> Bool {
        switch part {
        case .head(let head):
            // Whoever does not read answers gets no more of them.
            guard case .idle = phase, context.channel.isActive, context.channel.isWritable else { return false }
            begin(head, context)
        case .body(let bytes):
            guard isReadingRequest else { return false }
            body?.take(bytes)
        case .end:
            guard isReadingRequest else { return false }
            isReadingRequest = false
            body?.end()
            body = nil
            if case .skipping = phase { phase = .idle }
        }
        return true
    }

    private var wantsMore: Bool { early.isEmpty && body?.isWanted ?? true }

    /// The body's task has caught up, or given up.
    func bodyIsWanted() {
        body?.want()
        readOn()
    }

    private func readOn() {
        guard isReadDelayed, wantsMore, let context else { return }
        isReadDelayed = false
        context.read()
    }

    /// Takes what has come before its turn, as far as it is its turn now.
    private func goOn() {
        guard let context else { return }
        var rest = early[...]
        while let part = rest.first, take(part, context) { rest.removeFirst() }
        early = Array(rest)
        readOn()
    }

    // MARK: Answers

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        let loop = NIOLoopBound(self, eventLoop: context.eventLoop)
        isReadingRequest = true
        let request: Request
        if head.headerFields[.transferEncoding] == nil, head.headerFields[.contentLength].map({ $0 == "0" }) ?? true {
            request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        } else {
            let (reading, bytes) = BodyReading.begin(on: loop)
            body = reading
            request = Request(head: head, body: RequestBody(asyncSequence: bytes))
        }
        connections.begin()
        // Begun by the event loop, not by a task that could be its parent; ended by `end()` with the connection, and waited for
        // by `OpenConnections`.
        let task = Task { [respond, connections, watch, channel = context.channel] in
            do {
                let response = try await respond(request, channel)
                if watch != nil, response.isEventStream, let key = Doorkeeper.key(in: request.headers) {
                    loop.execute { $0.watch(key) }
                }
                let writer = AnswerWriter(loop, response)
                try await writer.begin()
                try await response.body.write(writer)
                if !writer.isOver { channel.close(promise: nil) }
            } catch {
                channel.close(promise: nil)
            }
            connections.end()
        }
        phase = .answering(task, waiting: nil)
    }

    /// Writes `parts`, and lets the task go on once there is room for more.
    func write(_ parts: [HTTPResponsePart], thenResume continuation: CheckedContinuation<Void, any Error>) {
        guard case .answering(let task, waiting: nil) = phase, let context else {
            return continuation.resume(throwing: ChannelError.ioOnClosedChannel)
        }
        send(parts, context)
        // Writing may have ended the connection.
        guard case .answering = phase, context.channel.isActive else {
            return continuation.resume(throwing: ChannelError.ioOnClosedChannel)
        }
        if context.channel.isWritable {
            continuation.resume()
        } else {
            phase = .answering(task, waiting: continuation)
        }
    }

    /// Writes the last `parts` of an answer, and goes on to the next request.
    func finish(_ parts: [HTTPResponsePart]) {
        guard case .answering = phase, let context else { return }
        endAnswer(with: parts, context)
    }

    /// Writes `parts`, and then what `stream` has to tell until it is over.
    func follow(_ stream: EventStream, after parts: [HTTPResponsePart]) {
        guard case .answering = phase, let context else { return }
        phase = .following(stream)
        send(parts, context)
        tell()
    }

    /// Keeps an eye on `key` while the answer lasts.
    private func watch(_ key: String) {
        guard case .answering = phase, let context else { return }
        watch?.watch(context.channel, openedBy: key)
        watchedKey = key
    }

    private func tell() {
        guard case .following(var stream) = phase, let context else { return }
        do {
            var hasTold = false
            while context.channel.isActive, context.channel.isWritable, let event = try stream.take() {
                context.write(wrapOutboundOut(.body(event)), promise: nil)
                hasTold = true
            }
            phase = .following(stream)
            if hasTold { context.flush() }
        } catch {
            return context.close(promise: nil)
        }
        // A flush that makes room is told of at once, and then this has been called within itself: the answer may be over.
        guard case .following(let stream) = phase else { return }
        if stream.isOver {
            endAnswer(with: [.end(nil)], context)
        } else if context.channel.isWritable {
            let loop = NIOLoopBound(self, eventLoop: context.eventLoop)
            stream.whenReady { loop.execute { $0.tell() } }
        }
    }

    private func send(_ parts: [HTTPResponsePart], _ context: ChannelHandlerContext) {
        for part in parts { context.write(wrapOutboundOut(part), promise: nil) }
        context.flush()
    }

    private func endAnswer(with parts: [HTTPResponsePart], _ context: ChannelHandlerContext) {
        phase = isReadingRequest ? .skipping : .idle
        body = nil
        forgetKey()
        send(parts, context)
        goOn()
    }

    private func forgetKey() {
        guard let watchedKey, let context else { return }
        watch?.forget(context.channel, openedBy: watchedKey)
        self.watchedKey = nil
    }

    /// The connection has ended: nobody wants what is still being done.
    private func end() {
        forgetKey()
        if case .answering(let task, let waiting) = phase {
            task.cancel()
            waiting?.resume(throwing: ChannelError.ioOnClosedChannel)
        }
        phase = .over
        body?.end(ChannelError.eof)
        body = nil
        early = []
    }
}

extension Response {
    /// Whether it is a stream that lasts.
    fileprivate var isEventStream: Bool { headers[.contentType]?.hasPrefix("text/event-stream") ?? false }
}
