import ServiceLifecycle

/// A wish that the server shut down, from whoever hears the process's signals.
struct StopRequest: Service {
    private let stream: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    init() { (stream, source) = AsyncStream<Void>.makeStream() }

    /// Asks for it.
    func callAsFunction() { source.finish() }

    /// Returns once it is asked for, which shuts the group of services down.
    func run() async throws {
        for await _ in stream.cancelOnGracefulShutdown() {}
    }
}
