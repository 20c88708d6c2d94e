import Synchronization

/// Lets one task after another do what must not be done by two at once, also where an actor would let a second begin
/// while the first waits.
package final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())

    /// Nobody's turn.
    package init() {}

    /// Runs `body` once nobody else's runs; how theirs ended, and whether they were cancelled, is nothing to it.
    ///
    /// - Throws: `CancellationError` if the task is cancelled while it waits; what `body` throws.
    package func callAsFunction<R: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
    ) async throws -> R {
        while let turn = nextTurn() {
            // The stream ends with the other's turn, or with this task.
            for await _ in turn {}
            try Task.checkCancellation()
        }
        defer { end() }
        return try await body()
    }

    /// Ends when it is worth another try; nil where the turn is taken now.
    private func nextTurn() -> AsyncStream<Void>? {
        state.withLock { state in
            guard state.isTaken else {
                state.isTaken = true
                return nil
            }
            let (turn, bell) = AsyncStream.makeStream(of: Void.self)
            state.waiting.append(bell)
            return turn
        }
    }

    private func end() {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for bell in waiting { bell.finish() }
    }
}
