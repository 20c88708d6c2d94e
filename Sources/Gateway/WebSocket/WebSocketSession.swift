import Crypto
import DaguerreJobs
import NIOCore
import NIOWebSocket
import Synchronization

/// One client's talk over a WebSocket.
///
/// Every subscription writes for itself and waits while the client does not read; meanwhile ``JobEvents`` keeps of a job's
/// progress only the newest, and of its states all: nothing piles up here, and no end is lost.
struct WebSocketSession: Sendable {
    let service: JobService
    /// Who has opened it, and by which key.
    let caller: Caller
    let key: String?
    let keys: (any CallerSource)?
    let bounds: GatewayConfiguration.Bounds
    let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// Listens until the client closes or breaks the protocol.
    func run(_ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>) async {
        let subscriptions = SubscriptionCount(most: bounds.subscriptions)
        await withDiscardingTaskGroup { group in
            do {
                for try await frame in inbound {
                    guard case .text = frame.opcode else {
                        try await outbound.write(.close(.unacceptableData))
                        break
                    }
                    let bytes = Array(buffer: frame.unmaskedData)
                    guard String(validating: bytes, as: UTF8.self) != nil else {
                        try await outbound.write(.close(.dataInconsistentWithMessage))
                        break
                    }
                    if let subscription = try await answer(bytes, subscriptions) {
                        group.addTask {
                            // Its failure is the connection's, which ends the listening, too.
                            try? await follow(subscription)
                            subscriptions.leave()
                        }
                    }
                }
            } catch {}
            group.cancelAll()
        }
    }

    /// What to follow from now on.
    private struct Subscription: Sendable {
        let missed: [JobEvent]
        let coming: JobEventSequence
        let endsWithJob: Bool
        let sendsResults: Bool
    }

    private func answer(_ bytes: [UInt8], _ subscriptions: SubscriptionCount) async throws -> Subscription? {
        var id: String?
        do {
            let speaker = try await speaker()
            let unknown = UnknownFields()
            let message = try RequestJSON.decode(WebSocketMessage.self, from: bytes, noting: unknown)
            id = message.id
            try unknown.refuse()
            return try await act(on: message, subscriptions, by: speaker)
        } catch let error as ChannelError {
            throw error
        } catch is KeyWatch.KeyRefused {
            try await outbound.write(.close(.policyViolation, KeyWatch.KeyRefused.reason))
            throw ChannelError.outputClosed
        } catch {
            var answer = WebSocketAnswer(type: "error", id: id)
            answer.error = ProblemDetails.Body(ErrorReport(error), requestID: id ?? "")
            try await send(answer)
            return nil
        }
    }

    /// Who speaks, as their key is now.
    private func speaker() async throws -> Caller {
        guard let keys, let key else { return caller }
        guard let speaker = try await keys.caller(presenting: key) else { throw KeyWatch.KeyRefused() }
        if let seconds = await keys.refusal(of: speaker) {
            throw GatewayError.rateLimited(retryAfterSeconds: seconds)
        }
        return speaker
    }

    private func act(
        on message: WebSocketMessage, _ subscriptions: SubscriptionCount, by caller: Caller
    ) async throws -> Subscription? {
        var answer = WebSocketAnswer(type: "pong", id: message.id)
        switch message.kind {
        case .ping:
            try await send(answer)
            return nil
        case .submit:
            guard let request = message.request else {
                throw RequestError("request", found: "nothing", expected: "what is to be drawn")
            }
            try subscriptions.enter()
            do {
                let (job, isRepeated) = try await service.submit(request, by: caller, message.options)
                // One that has ended may be forgotten already, and is then told of here only.
                let (missed, coming) =
                    job.state.isTerminal
                    ? (service.events.current(job, after: nil), service.events.watch(.job(job.id)))
                    : try await service.watch(job.id, by: caller)
                answer = WebSocketAnswer(type: "accepted", id: message.id, job: JobBody(job), isRepeated: isRepeated)
                try await send(answer)
                return Subscription(missed: missed, coming: coming, endsWithJob: true, sendsResults: message.results)
            } catch {
                subscriptions.leave()
                throw error
            }
        case .cancel:
            guard let job = message.job else { throw RequestError("job", found: "nothing", expected: "a job's name") }
            let record = try await service.cancel(job, by: caller)
            try await send(WebSocketAnswer(type: "cancelled", id: message.id, job: JobBody(record)))
            return nil
        case .subscribe:
            try subscriptions.enter()
            do {
                let subscription: Subscription
                if let job = message.job {
                    let (missed, coming) = try await service.watch(job, by: caller, after: message.after)
                    subscription = Subscription(
                        missed: missed, coming: coming, endsWithJob: true, sendsResults: message.results)
                } else {
                    let (current, coming) = try await service.watch(by: caller)
                    subscription = Subscription(
                        missed: current, coming: coming, endsWithJob: false, sendsResults: message.results)
                }
                answer = WebSocketAnswer(type: "subscribed", id: message.id)
                try await send(answer)
                return subscription
            } catch {
                subscriptions.leave()
                throw error
            }
        }
    }

    private func follow(_ subscription: Subscription) async throws {
        for event in subscription.missed {
            try await tell(event, subscription)
            if subscription.endsWithJob, event.isTerminal { return }
        }
        for await event in subscription.coming {
            try await tell(event, subscription)
            if subscription.endsWithJob, event.isTerminal { return }
        }
    }

    private func tell(_ event: JobEvent, _ subscription: Subscription) async throws {
        switch event.kind {
        case .state(let record):
            try await send(WebSocketAnswer(type: "state", job: JobBody(record), sequence: event.sequence))
            if subscription.sendsResults { try await sendImages(of: record) }
        case .progress(let progress):
            var body = ProgressBody(progress, of: event.job)
            body.preview = nil
            var answer = WebSocketAnswer(type: "progress", event: body, sequence: event.sequence)
            answer.sequence = event.sequence
            guard let preview = progress.preview else { return try await send(answer) }
            let header = BinaryHeader(
                kind: "preview", job: event.job, image: progress.image, mediaType: preview.mediaType,
                width: preview.width, height: preview.height, sequence: event.sequence)
            try await outbound.write(contentsOf: [Self.text(answer), Self.binary(header, preview.bytes)])
        }
    }

    private func sendImages(of record: JobRecord) async throws {
        guard case .succeeded(let images, _) = record.outcome else { return }
        for (index, image) in images.enumerated() {
            guard let bytes = try await service.blobs.read(image.digest, range: nil) else { continue }
            let header = BinaryHeader(
                kind: "result", job: record.id, image: index, mediaType: image.mediaType, width: image.width,
                height: image.height, digest: image.digest, seed: image.seed)
            try await outbound.write(Self.binary(header, bytes))
        }
    }

    private func send(_ answer: WebSocketAnswer) async throws { try await outbound.write(Self.text(answer)) }

    private static func text(_ answer: WebSocketAnswer) throws -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: try JSON.encode(answer)))
    }

    private static func binary(_ header: BinaryHeader, _ bytes: [UInt8]) throws -> WebSocketFrame {
        let text = try JSON.encode(header)
        var data = ByteBuffer()
        data.reserveCapacity(4 + text.count + bytes.count)
        data.writeInteger(UInt32(truncatingIfNeeded: text.count))
        data.writeBytes(text)
        data.writeBytes(bytes)
        return WebSocketFrame(fin: true, opcode: .binary, data: data)
    }
}

/// How many subscriptions a client has.
private final class SubscriptionCount: Sendable {
    private let most: Int
    private let count = Mutex(0)

    init(most: Int) { self.most = most }

    func enter() throws(RequestError) {
        let isRoom = count.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
        guard isRoom else {
            throw RequestError(
                "type", found: "a subscription more than \(most)", expected: "one of at most \(most) at once")
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
