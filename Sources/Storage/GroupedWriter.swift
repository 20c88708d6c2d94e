import DaguerreJobs
import GRDB
import Synchronization

/// Gathers what many tasks write at once into one transaction, so that they share the wait for the disk.
///
/// Each hears of success only when the transaction is on the disk. A write that throws must not have changed anything: the
/// others of its transaction go ahead.
final class GroupedWriter: Sendable {
    private struct Write: Sendable {
        /// Changes the database, and returns what is to be said once that is durable.
        ///
        /// - Throws: `DatabaseError`, which says nothing yet and ends the transaction.
        let body: @Sendable (Database) throws -> @Sendable () -> Void
        /// Says that nothing was written.
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Write] = []
        var isRunning = false
    }

    private let pool: DatabasePool
    private let state = Mutex(State())
    /// At most so many share a transaction: those at its end wait for all before them.
    private static let mostTogether = 256

    init(_ pool: DatabasePool) { self.pool = pool }

    /// Runs `body` within a transaction; once this returns, what it changed is durable.
    ///
    /// - Throws: what `body` threw, or ``QueueError/storage(_:)``.
    func callAsFunction<R: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> R
    ) async throws(QueueError) -> R {
        do {
            return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
                let write = Write { database in
                    let result: Result<R, any Error>
                    do {
                        result = .success(try body(database))
                    } catch let error as DatabaseError {
                        throw error
                    } catch {
                        result = .failure(error)
                    }
                    return { continuation.resume(with: result) }
                } fail: { error in
                    continuation.resume(throwing: error)
                }
                let starts = state.withLock { state in
                    state.waiting.append(write)
                    defer { state.isRunning = true }
                    return !state.isRunning
                }
                if starts { pool.asyncWriteWithoutTransaction { [self] in run($0) } }
            }
        } catch {
            throw QueueError(error)
        }
    }

    private func run(_ database: Database) {
        while true {
            let group = state.withLock { state in
                let group = state.waiting.prefix(Self.mostTogether)
                state.waiting.removeFirst(group.count)
                state.isRunning = !group.isEmpty
                return group
            }
            guard !group.isEmpty else { return }
            do {
                var replies: [@Sendable () -> Void] = []
                try database.inTransaction(.immediate) {
                    replies = try group.map { try $0.body(database) }
                    return .commit
                }
                for reply in replies { reply() }
            } catch {
                for write in group { write.fail(error) }
            }
        }
    }
}

extension QueueError {
    init(_ error: any Error) {
        switch error {
        case let error as QueueError: self = error
        case let error as DatabaseError: self = .storage(StorageError(error).description)
        default: self = .storage("\(error)")
        }
    }
}
