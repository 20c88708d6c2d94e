import Synchronization

/// Whether the server is about to end: first it is no longer ready, then it no longer lets clients wait.
public final class Draining: Sendable {
    private struct State {
        var isDraining = false
        var isExpired = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// The server is not about to end.
    public init() {}

    /// Whether the server is about to end.
    public var isDraining: Bool { state.withLock { $0.isDraining } }

    /// The server is about to end; those who wait for jobs still may.
    public func begin() { state.withLock { $0.isDraining = true } }

    /// The server ends: nobody can be kept waiting.
    public func expire() {
        let waiting = state.withLock { state in
            state.isDraining = true
            state.isExpired = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits for the server's end, but at most so many seconds and until the task is cancelled.
    func isExpired(within seconds: Double) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.expiry() }
            group.addTask { try? await Task.sleep(for: .seconds(min(seconds, 1e6))) }
            await group.next()
            group.cancelAll()
        }
        return state.withLock { $0.isExpired }
    }

    private func expiry() async {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isExpired || Task.isCancelled { return true }
                    state.waiting[key] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: key) }?.resume()
        }
    }
}
