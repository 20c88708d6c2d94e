import DaguerreJobs
import NIOCore
import NIOWebSocket

/// What one client of a WebSocket is answered: a plain value, without the connection.
struct WebSocketSession: Sendable {
    let service: JobService
    /// Who has opened it, and by which key.
    let caller: Caller
    let key: String?
    let keys: (any CallerSource)?
    let mostSubscriptions: Int

    /// The answer to a message.
    struct Reply: Sendable {
        let frame: WebSocketFrame
        /// What the client hears of from now on.
        var subscription: Subscription?
    }

    /// What to follow.
    struct Subscription: Sendable {
        var feed: JobFeed
        let sendsResults: Bool
    }

    /// Answers `message` for a client that has so many subscriptions.
    ///
    /// - Throws: what cannot be told in JSON, which is a fault of ours.
    func reply(to message: [UInt8], subscriptions: Int) async throws -> Reply {
        guard String(validating: message, as: UTF8.self) != nil else {
            return Reply(frame: .close(.dataInconsistentWithMessage))
        }
        var id: String?
        do {
            let speaker = try await speaker()
            let unknown = UnknownFields()
            let wanted = try RequestJSON.decode(WebSocketMessage.self, from: message, noting: unknown)
            id = wanted.id
            try unknown.refuse()
            return try await act(on: wanted, subscriptions, by: speaker)
        } catch is KeyWatch.KeyRefused {
            return Reply(frame: .close(.policyViolation, KeyWatch.KeyRefused.reason))
        } catch {
            var answer = WebSocketAnswer(type: "error", id: id ?? WebSocketMessage.Name(of: message)?.id)
            answer.error = ProblemDetails.Body(ErrorReport(error), requestID: caller.trace?.requestID ?? "")
            return Reply(frame: try Self.text(answer))
        }
    }

    /// Who speaks, as their key is now.
    private func speaker() async throws -> Caller {
        guard let keys, let key else { return caller }
        guard var speaker = try await keys.caller(presenting: key) else { throw KeyWatch.KeyRefused() }
        speaker.trace = caller.trace
        if let seconds = await keys.refusal(of: speaker) {
            throw GatewayError.rateLimited(retryAfterSeconds: seconds)
        }
        return speaker
    }

    private func act(
        on message: WebSocketMessage, _ subscriptions: Int, by caller: Caller
    ) async throws -> Reply {
        switch message.kind {
        case .ping: return Reply(frame: try Self.text(WebSocketAnswer(type: "pong", id: message.id)))
        case .submit:
            guard let request = message.request else {
                throw RequestError("request", found: nil, expected: "what is to be drawn")
            }
            try checkRoom(beside: subscriptions)
            let (job, isRepeated) = try await service.submit(request, by: caller, message.options)
            // One that has ended may be forgotten already, and is then told of here only.
            let watched =
                job.state.isTerminal
                ? (service.events.current(job, after: nil), service.events.watch(.job(job.id)))
                : try await service.watch(job.id, by: caller)
            let answer = WebSocketAnswer(
                type: "accepted", id: message.id, job: JobBody(job), isRepeated: isRepeated)
            return Reply(
                frame: try Self.text(answer),
                subscription: Subscription(
                    feed: JobFeed(watched, endsWithJob: true), sendsResults: message.results))
        case .cancel:
            guard let job = message.job else { throw RequestError("job", found: nil, expected: "a job's name") }
            let record = try await service.cancel(job, by: caller)
            return Reply(
                frame: try Self.text(WebSocketAnswer(type: "cancelled", id: message.id, job: JobBody(record))))
        case .subscribe:
            try checkRoom(beside: subscriptions)
            let feed: JobFeed
            if let job = message.job {
                feed = JobFeed(try await service.watch(job, by: caller, after: message.after), endsWithJob: true)
            } else {
                let (current, coming) = try await service.watch(by: caller)
                feed = JobFeed((current, coming), endsWithJob: false)
            }
            return Reply(
                frame: try Self.text(WebSocketAnswer(type: "subscribed", id: message.id)),
                subscription: Subscription(feed: feed, sendsResults: message.results))
        }
    }

    private func checkRoom(beside subscriptions: Int) throws(RequestError) {
        guard subscriptions < mostSubscriptions else {
            throw RequestError(
                "type", found: "a subscription more than \(mostSubscriptions)",
                expected: "one of at most \(mostSubscriptions) at once")
        }
    }

    /// `event` as it is told.
    func frames(of event: JobEvent) throws -> [WebSocketFrame] {
        switch event.kind {
        case .state(let record):
            return [try Self.text(WebSocketAnswer(type: "state", job: JobBody(record), sequence: event.sequence))]
        case .progress(let progress):
            var body = ProgressBody(progress, of: event.job)
            body.preview = nil
            let told = try Self.text(WebSocketAnswer(type: "progress", event: body, sequence: event.sequence))
            guard let preview = progress.preview else { return [told] }
            let header = BinaryHeader(
                kind: "preview", job: event.job, image: progress.image, mediaType: preview.mediaType,
                width: preview.width, height: preview.height, sequence: event.sequence)
            return [told, try Self.binary(header, preview.bytes)]
        case .lagged: return [try Self.text(WebSocketAnswer(type: "lagged"))]
        }
    }

    /// What is to be sent of the images that `event` tells of, the first of them last.
    func results(of event: JobEvent) -> [BinaryHeader] {
        guard case .state(let record) = event.kind, case .succeeded(let images, _, _) = record.outcome else {
            return []
        }
        return images.enumerated().reversed().compactMap { index, image in
            guard !service.withholds(image.isUnjudged) else { return nil }
            return BinaryHeader(
                kind: "result", job: record.id, image: index, mediaType: image.mediaType, width: image.width,
                height: image.height, digest: image.digest, seed: image.seed)
        }
    }

    /// The image that `header` is of; nil if it is not kept any longer.
    func frame(of header: BinaryHeader) async throws -> WebSocketFrame? {
        guard let digest = header.digest, let bytes = try await service.blobs.read(digest, range: nil) else {
            return nil
        }
        return try Self.binary(header, bytes)
    }

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
