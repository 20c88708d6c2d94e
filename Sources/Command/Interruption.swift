import Glibc
import Synchronization

/// Ctrl-C and `kill`: the first asks the run to end after its step, the second ends the process at once.
enum Interruption {
    private static let received = Atomic<Int32>(0)
    private static let cancellation = Mutex<(@Sendable () -> Void)?>(nil)

    /// The signal that asked for the end, if any.
    static var signal: Int32? {
        let signal = received.load(ordering: .acquiring)
        return signal == 0 ? nil : signal
    }

    /// Starts to listen; called first of all, so that every later thread leaves the signals to the listener.
    static func listen() {
        var thread = pthread_t()
        _ = withSignals { pthread_sigmask(SIG_BLOCK, $0, nil) }
        let status = pthread_create(&thread, nil, { _ in Interruption.wait() }, nil)
        if status == 0 {
            pthread_detach(thread)
        } else {
            _ = withSignals { pthread_sigmask(SIG_UNBLOCK, $0, nil) }
        }
        // A closed pipe is an error of the write, not the end of the process.
        Glibc.signal(SIGPIPE, SIG_IGN)
    }

    /// Runs `body` in a task that the first signal cancels.
    static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await body() }
        cancellation.withLock { $0 = { task.cancel() } }
        defer { cancellation.withLock { $0 = nil } }
        if signal != nil { task.cancel() }
        try await task.value
    }

    /// Runs `body`, of which the first signal asks by `stop` that it end, in place of cancelling it; the second still ends the
    /// process at once.
    static func asking(_ stop: @escaping @Sendable () -> Void, _ body: () async throws -> Void) async throws {
        let outer = cancellation.withLock { current in
            defer { current = stop }
            return current
        }
        defer { cancellation.withLock { $0 = outer } }
        if signal != nil { stop() }
        try await body()
    }

    private static func wait() -> UnsafeMutableRawPointer? {
        while true {
            var number: Int32 = 0
            guard withSignals({ sigwait($0, &number) }) == 0 else { return nil }
            guard received.exchange(number, ordering: .acquiringAndReleasing) == 0 else { _exit(128 + number) }
            cancellation.withLock { $0 }?()
        }
    }

    private static func withSignals<R>(_ body: (UnsafePointer<sigset_t>) -> R) -> R {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        return withUnsafePointer(to: &signals, body)
    }
}
