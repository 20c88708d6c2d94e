import DaguerreJobs
import NIOCore

/// A feed as server-sent events.
///
/// Source: WHATWG HTML, section 9.2.
struct EventStream: Sendable {
    private var feed: JobFeed
    /// A number is a job's own: among those of many jobs it would not tell where to go on.
    private let isNumbered: Bool

    init(_ feed: JobFeed, isNumbered: Bool) {
        self.feed = feed
        self.isNumbered = isNumbered
    }

    /// A comment, which says that the stream is there and nothing else.
    static let signOfLife = ByteBuffer(string: ": \n\n")

    /// What is said when nothing has been missed: headers, and with them the client's certainty that it is connected, do not wait
    /// for the first event.
    var greeting: ByteBuffer? { feed.hasMissed ? nil : Self.signOfLife }

    /// Whether nothing more is to be told.
    var isOver: Bool { feed.isOver }

    /// The next event that is there; nil if none is.
    mutating func take() throws -> ByteBuffer? { try feed.take().map(text) }

    /// Calls `wake` once, when ``take()`` may have something.
    func whenReady(_ wake: @escaping @Sendable () -> Void) { feed.whenReady(wake) }

    /// The next event, once there is one; nil at the end.
    mutating func next() async throws -> ByteBuffer? { try await feed.next().map(text) }

    private func text(_ event: JobEvent) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        if isNumbered { buffer.writeString("id: \(event.sequence)\n") }
        switch event.kind {
        case .state(let record):
            buffer.writeString("event: state\ndata: ")
            buffer.writeBytes(try JSON.encode(JobBody(record)))
        case .progress(let progress):
            buffer.writeString("event: progress\ndata: ")
            buffer.writeBytes(try JSON.encode(ProgressBody(progress, of: event.job)))
        case .lagged: buffer.writeString("event: lagged\ndata: {}")
        }
        buffer.writeString("\n\n")
        return buffer
    }
}
