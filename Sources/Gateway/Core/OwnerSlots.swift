import DaguerreJobs
import Synchronization

/// So many places for what takes much memory, at most half of them one owner's: a few wait, the others are told to come again.
final class OwnerSlots: Sendable {
    private struct Waiting {
        let key: Int
        let owner: Owner
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var held: [Owner: Int] = [:]
        var total = 0
        var waiting: [Waiting] = []
        var next = 0
    }

    private let most: Int
    private let state = Mutex(State())

    /// So many places; four times as many may wait for one, at most half of them one owner's, too.
    init(_ most: Int) { self.most = most }

    private var mostOfOne: Int { max(most / 2, 1) }

    /// How many places `owner` has.
    func held(by owner: Owner) -> Int { state.withLock { $0.held[owner] ?? 0 } }

    /// Does `operation` once there is a place for `owner`.
    ///
    /// - Throws: ``GatewayError/busy`` if too many wait already; `CancellationError`; what `operation` throws.
    func hold<Value: Sendable>(for owner: Owner, _ operation: () async throws -> Value) async throws -> Value {
        guard await enter(owner) else {
            try Task.checkCancellation()
            throw GatewayError.busy
        }
        defer { leave(owner) }
        return try await operation()
    }

    private func enter(_ owner: Owner) async -> Bool {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAdmitted = state.withLock { state -> Bool? in
                    if take(owner, &state) { return true }
                    guard state.waiting.count < 4 * most, !Task.isCancelled,
                        state.waiting.count(where: { $0.owner == owner }) < 4 * mostOfOne
                    else { return false }
                    state.waiting.append(Waiting(key: key, owner: owner, continuation: continuation))
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

    private func leave(_ owner: Owner) {
        state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.total -= 1
            let left = (state.held[owner] ?? 1) - 1
            state.held[owner] = left > 0 ? left : nil
            // The first whose owner may have one more.
            guard let index = state.waiting.firstIndex(where: { take($0.owner, &state) }) else { return nil }
            return state.waiting.remove(at: index).continuation
        }?.resume(returning: true)
    }

    /// Gives `owner` a place if there is one.
    private func take(_ owner: Owner, _ state: inout State) -> Bool {
        let held = state.held[owner] ?? 0
        guard state.total < most, held < mostOfOne else { return false }
        state.total += 1
        state.held[owner] = held + 1
        return true
    }
}
