import Synchronization

/// How long it is since the last image was decoded: what the safety checker takes.
final class CheckingTime: Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// An image was decoded.
    func begin() { start.withLock { $0 = .now } }

    /// Since then.
    var elapsed: Duration { start.withLock { $0.map { ContinuousClock.now - $0 } } ?? .zero }
}
