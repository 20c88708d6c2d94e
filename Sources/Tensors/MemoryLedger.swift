import Synchronization

/// Counts what a backend holds and the most it ever held; storages enter and leave as they live and die.
package final class MemoryLedger: Sendable {
    private let account = Mutex(MemoryReport())

    /// Starts empty.
    package init() {}

    /// What is held now, and was held at most.
    package var report: MemoryReport { account.withLock { $0 } }

    /// Enters a tensor or scratch space of `byteCount` bytes.
    package func hold(_ byteCount: Int) {
        account.withLock {
            $0.liveBytes += byteCount
            $0.peakBytes = max($0.peakBytes, $0.liveBytes)
        }
    }

    /// Takes out a tensor or scratch space of `byteCount` bytes.
    package func release(_ byteCount: Int) {
        account.withLock { $0.liveBytes -= byteCount }
    }

    /// Enters a weight of `byteCount` bytes.
    package func holdWeight(_ byteCount: Int) {
        account.withLock { $0.weightBytes += byteCount }
        hold(byteCount)
    }

    /// Takes out a weight of `byteCount` bytes.
    package func releaseWeight(_ byteCount: Int) {
        account.withLock { $0.weightBytes -= byteCount }
        release(byteCount)
    }

    /// Notes that `byteCount` more bytes are in use for a moment.
    package func touch(_ byteCount: Int) {
        account.withLock { $0.peakBytes = max($0.peakBytes, $0.liveBytes + byteCount) }
    }

    /// Starts the peak again from what is held now.
    package func resetPeak() {
        account.withLock { $0.peakBytes = $0.liveBytes }
    }
}
