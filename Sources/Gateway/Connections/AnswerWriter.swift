import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Where a request's task writes its answer; used by that task only.
///
/// Each piece waits until the client has room for more. An answer whose length is known and that is one piece goes out in one.
final class AnswerWriter: ResponseBodyWriter {
    private let loop: NIOLoopBound<RequestLoop>
    private var held: [HTTPResponsePart]
    /// Bytes still to come; nil if nobody knows.
    private var left: Int?
    /// Whether the task has nothing more to write.
    private(set) var isOver = false

    init(_ loop: NIOLoopBound<RequestLoop>, _ response: Response) {
        self.loop = loop
        held = [.head(response.head)]
        left = response.body.contentLength
    }

    /// Writes the head, unless the whole answer is about to follow.
    func begin() async throws { if left == nil { try await flush() } }

    /// Writes a piece of the body.
    func write(_ buffer: ByteBuffer) async throws {
        held.append(.body(buffer))
        left = left.map { $0 - buffer.readableBytes }
        if left.map({ $0 > 0 }) ?? true { try await flush() }
    }

    private func flush() async throws {
        let parts = take()
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { $0.write(parts, thenResume: continuation) }
        }
    }

    /// Ends the answer.
    func finish(_ trailingHeaders: HTTPFields?) async throws {
        isOver = true
        let parts = take() + [.end(trailingHeaders)]
        loop.execute { $0.finish(parts) }
    }

    /// Leaves the rest of the answer to the connection, which needs no task for it.
    func follow(_ stream: EventStream) async throws {
        isOver = true
        let parts = take()
        loop.execute { $0.follow(stream, after: parts) }
    }

    private func take() -> [HTTPResponsePart] {
        defer { held = [] }
        return held
    }
}

extension NIOLoopBound where Value: AnyObject {
    /// Has the value do something on its event loop, later.
    func execute(_ work: @escaping @Sendable (Value) -> Void) { eventLoop.execute { work(value) } }
}
