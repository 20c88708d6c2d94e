import Synchronization

/// Tells every reader of ``JobQueue/changes()`` what changes; one that does not keep up loses the oldest.
package final class ChangeBroadcast: Sendable {
    /// Changes that wait for a reader.
    private static let mostWaiting = 8192

    private let readers = Mutex<(next: Int, all: [Int: AsyncStream<JobRecord>.Continuation])>((0, [:]))

    package init() {}

    deinit { readers.withLock { readers in readers.all.values.forEach { $0.finish() } } }

    package func stream() -> AsyncStream<JobRecord> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: JobRecord.self, bufferingPolicy: .bufferingNewest(Self.mostWaiting))
        let key = readers.withLock { readers in
            readers.next += 1
            readers.all[readers.next] = continuation
            return readers.next
        }
        continuation.onTermination = { [weak self] _ in self?.forget(key) }
        return stream
    }

    package func send(_ changes: [JobRecord]) {
        guard !changes.isEmpty else { return }
        let all = readers.withLock { Array($0.all.values) }
        for reader in all { for change in changes { reader.yield(change) } }
    }

    private func forget(_ key: Int) {
        // Let go outside of the lock: a reader that is forgotten ends its stream, which comes back here.
        let reader = readers.withLock { $0.all.removeValue(forKey: key) }
        _ = reader
    }
}
