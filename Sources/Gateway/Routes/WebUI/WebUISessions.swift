import DaguerreJobs
import Synchronization

/// What callers of AUTOMATIC1111's interface have going on: their settings, and the requests that wait for images.
///
/// Kept in memory: settings last until the server stops. An owner's requests are its own; nobody else's interrupt or
/// progress touches them.
final class WebUISessions: Sendable {
    /// A request that waits for its images.
    struct Running: Sendable {
        /// Tells it from the owner's others.
        let number: UInt64
        /// The client's own name of it.
        let taskIdentifier: String?
        /// Batches to draw, those drawn already, and the job that draws the present one.
        let iterations: Int
        var drawn = 0
        var job: JobIdentifier?
        /// Whether the rest of it is no longer wanted.
        var isInterrupted = false
        /// How the image stood that was being drawn when the batch was given up.
        var preview: JobProgress.Preview?
        /// When it came.
        let started: Timestamp
    }

    private struct Session {
        var options = WebUIOptions()
        var running: [Running] = []
    }

    private struct State {
        var sessions: [Owner: Session] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The owner's settings.
    func options(of owner: Owner) -> WebUIOptions {
        state.withLock { $0.sessions[owner]?.options ?? WebUIOptions() }
    }

    /// Sets the owner's settings.
    func setOptions(_ options: WebUIOptions, of owner: Owner) {
        state.withLock { $0.sessions[owner, default: Session()].options = options }
    }

    /// Notes that a request of `iterations` batches has begun.
    ///
    /// - Returns: its number; ``end(_:of:)`` must follow.
    func begin(_ owner: Owner, iterations: Int, taskIdentifier: String?, at now: Timestamp) -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            state.sessions[owner, default: Session()].running.append(
                Running(
                    number: state.lastNumber, taskIdentifier: taskIdentifier, iterations: iterations, started: now))
            return state.lastNumber
        }
    }

    /// Notes that `job` draws batch `drawn` of the request; `false` if it is no longer wanted.
    func draws(_ job: JobIdentifier, drawn: Int, _ number: UInt64, of owner: Owner) -> Bool {
        change(number, of: owner) {
            ($0.job, $0.drawn, $0.preview) = (job, drawn, nil)
            return !$0.isInterrupted
        } ?? false
    }

    /// Whether the rest of the request is no longer wanted.
    func isInterrupted(_ number: UInt64, of owner: Owner) -> Bool {
        change(number, of: owner) { $0.isInterrupted } ?? true
    }

    /// How the image stood that was being drawn when the batch was given up.
    func preview(_ number: UInt64, of owner: Owner) -> JobProgress.Preview? {
        change(number, of: owner) { $0.preview } ?? nil
    }

    /// Notes that the request has ended.
    func end(_ number: UInt64, of owner: Owner) {
        state.withLock { $0.sessions[owner]?.running.removeAll { $0.number == number } }
    }

    /// The owner's requests that wait, the oldest first.
    func running(of owner: Owner) -> [Running] { state.withLock { $0.sessions[owner]?.running ?? [] } }

    /// Gives up the rest of the owner's requests, or the present batch of each only.
    ///
    /// - Parameter preview: how the image stands that a job draws, kept since a job that is cancelled forgets it.
    /// - Returns: the jobs to cancel.
    func interrupt(
        _ owner: Owner, presentBatchOnly: Bool, preview: (JobIdentifier) -> JobProgress.Preview?
    ) -> [JobIdentifier] {
        state.withLock { state in
            let running = state.sessions[owner]?.running ?? []
            for index in running.indices {
                state.sessions[owner]?.running[index].preview = running[index].job.flatMap(preview)
                if !presentBatchOnly { state.sessions[owner]?.running[index].isInterrupted = true }
            }
            return running.compactMap(\.job)
        }
    }

    private func change<Value: Sendable>(
        _ number: UInt64, of owner: Owner, _ body: (inout Running) -> Value
    ) -> Value? {
        state.withLock { state in
            guard let index = state.sessions[owner]?.running.firstIndex(where: { $0.number == number }) else {
                return nil
            }
            return body(&state.sessions[owner, default: Session()].running[index])
        }
    }
}
