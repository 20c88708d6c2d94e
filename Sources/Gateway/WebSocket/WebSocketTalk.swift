import NIOCore
import NIOWebSocket

/// One client's talk over a WebSocket: answers messages one after another, and tells of what is subscribed to.
///
/// A task runs while a message is answered or an image is read, and none while the client only listens. Nothing is written to who
/// does not read; meanwhile ``JobEvents`` keeps of a job's progress only the newest, and of states a bounded number: nothing piles up here,
/// and no end is lost.
final class WebSocketTalk: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    private let session: WebSocketSession
    private let connections: OpenConnections
    private let watch: KeyWatch?
    private let executor: (any TaskExecutor)?
    private var context: ChannelHandlerContext?
    /// Answers a message.
    private var answering: Task<Void, Never>?
    /// Messages that came before their turn.
    private var early: [WebSocketFrame] = []
    private var isReadDelayed = false
    private var hasClosed = false
    private var subscriptions: [Int: WebSocketSubscription] = [:]
    /// Those that may have something to tell, in their turn.
    private var ready: [Int] = []
    /// Whether an image is being read: one at a time, since each is held whole until the client has taken it.
    private var isReading = false
    /// Those that wait for that to send an image of theirs.
    private var delayed: [Int] = []
    private var nextNumber = 0

    /// - Parameter executor: where its tasks run, if that matters.
    init(
        _ session: WebSocketSession, connections: OpenConnections, watch: KeyWatch?, on executor: (any TaskExecutor)?
    ) {
        self.session = session
        self.connections = connections
        self.watch = watch
        self.executor = executor
    }

    // MARK: What comes

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if let key = session.key { watch?.watch(context.channel, openedBy: key) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        early.append(unwrapInboundIn(data))
        answerNext()
    }

    func read(context: ChannelHandlerContext) {
        isReadDelayed = !early.isEmpty
        if early.isEmpty { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            tell()
            answerNext()
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

    // MARK: Messages

    /// Answers the next message if it is its turn; whoever does not read is not answered.
    private func answerNext() {
        guard answering == nil, !hasClosed, !early.isEmpty, let context, context.channel.isWritable else { return }
        let frame = early.removeFirst()
        if early.isEmpty { early = [] }
        guard case .text = frame.opcode else { return send([.close(.unacceptableData)], context) }
        let bytes = Array(buffer: frame.unmaskedData)
        let loop = NIOLoopBound(self, eventLoop: context.eventLoop)
        answering = begin { [session, held = subscriptions.count] in
            let reply = try await session.reply(to: bytes, subscriptions: held)
            loop.execute { $0.answered(reply) }
        }
        if isReadDelayed, early.isEmpty {
            isReadDelayed = false
            context.read()
        }
    }

    private func answered(_ reply: WebSocketSession.Reply) {
        answering = nil
        guard !hasClosed, let context else { return }
        send([reply.frame], context)
        if let subscription = reply.subscription {
            subscriptions[nextNumber] = WebSocketSubscription(
                feed: subscription.feed, sendsResults: subscription.sendsResults)
            hear(nextNumber)
            nextNumber += 1
        }
        answerNext()
    }

    // MARK: Subscriptions

    /// Tells what there is to tell while the client reads: of each subscription one event in its turn.
    private func tell() {
        guard let context, !hasClosed else { return }
        while context.channel.isActive, context.channel.isWritable, !ready.isEmpty {
            do {
                try tell(of: ready.removeFirst(), context)
            } catch {
                return context.close(promise: nil)
            }
        }
        if ready.isEmpty { ready = [] }
    }

    private func tell(of number: Int, _ context: ChannelHandlerContext) throws {
        guard var subscription = subscriptions[number] else { return }
        let loop = NIOLoopBound(self, eventLoop: context.eventLoop)
        if !subscription.results.isEmpty, isReading {
            delayed.append(number)
        } else if let result = subscription.results.popLast() {
            isReading = true
            if subscription.results.isEmpty { subscription.results = [] }
            subscription.reading = begin { [session] in
                let frame = try await session.frame(of: result)
                loop.execute { $0.hasRead(frame, for: number) }
            }
            subscriptions[number] = subscription
        } else if let event = subscription.feed.take() {
            if subscription.sendsResults { subscription.results = session.results(of: event) }
            subscriptions[number] = subscription
            ready.append(number)
            send(try session.frames(of: event), context)
        } else if subscription.feed.isOver {
            subscriptions[number] = nil
        } else {
            // By its number: what waits in a feed must not keep the feed alive.
            subscription.feed.whenReady { loop.execute { $0.hear(number) } }
        }
    }

    private func hear(_ number: Int) {
        guard !hasClosed else { return }
        ready.append(number)
        tell()
    }

    private func hasRead(_ frame: WebSocketFrame?, for number: Int) {
        guard let context, !hasClosed else { return }
        subscriptions[number]?.reading = nil
        isReading = false
        ready += delayed
        delayed = []
        if let frame { send([frame], context) }
        hear(number)
    }

    // MARK: Ends

    private func send(_ frames: [WebSocketFrame], _ context: ChannelHandlerContext) {
        for frame in frames {
            if frame.opcode == .connectionClose { hasClosed = true }
            context.write(wrapOutboundOut(frame), promise: nil)
        }
        context.flush()
    }

    /// Begins `work`, whose failure is the connection's.
    ///
    /// It is begun by the event loop, not by a task that could be its parent; ended by ``end()`` with the connection, and waited
    /// for by ``OpenConnections``.
    private func begin(_ work: @escaping @Sendable () async throws -> Void) -> Task<Void, Never>? {
        guard let channel = context?.channel else { return nil }
        connections.begin()
        return Task(executorPreference: executor) { [connections] in
            do { try await work() } catch { channel.close(promise: nil) }
            connections.end()
        }
    }

    /// The connection has ended: nobody wants what is still being done.
    private func end() {
        hasClosed = true
        if let key = session.key, let context { watch?.forget(context.channel, openedBy: key) }
        answering?.cancel()
        for subscription in subscriptions.values { subscription.reading?.cancel() }
        subscriptions = [:]
        ready = []
        delayed = []
        early = []
    }
}

/// What a client of a WebSocket hears of.
private struct WebSocketSubscription {
    var feed: JobFeed
    let sendsResults: Bool
    /// Images that have not been sent yet, the next of them last.
    var results: [BinaryHeader] = []
    /// Reads one of them.
    var reading: Task<Void, Never>?
}
