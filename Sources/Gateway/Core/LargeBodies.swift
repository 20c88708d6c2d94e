import Synchronization

/// Holds only so many large bodies in memory at once: a few wait, the others are told to come again.
public final class LargeBodies: Sendable {
    private struct State {
        var held = 0
        var waiting: [(key: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var next = 0
    }

    private let most: Int
    private let state = Mutex(State())

    /// At most so many at once; four times as many may wait.
    public init(most: Int) { self.most = most }

    /// Does `operation` once there is room for what it reads.
    ///
    /// - Throws: ``GatewayError/busy`` if too many wait already; what `operation` throws.
    public func hold<Value: Sendable>(_ operation: () async throws -> Value) async throws -> Value {
        guard await enter() else {
            try Task.checkCancellation()
            throw GatewayError.busy
        }
        defer { leave() }
        return try await operation()
    }

    private func enter() async -> Bool {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAdmitted = state.withLock { state -> Bool? in
                    if state.held < most {
                        state.held += 1
                        return true
                    }
                    guard state.waiting.count < 4 * most, !Task.isCancelled else { return false }
                    state.waiting.append((key, continuation))
                    return nil
                }
                if let isAdmitted { continuation.resume(returning: isAdmitted) }
            }
        } onCancel: {
            state.withLock { state in
                state.waiting.firstIndex { $0.key == key }.map { state.waiting.remove(at: $0).continuation }
            }?.resume(returning: false)
        }
    }

    private func leave() {
        state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().continuation }
            state.held -= 1
            return nil
        }?.resume(returning: true)
    }
}
