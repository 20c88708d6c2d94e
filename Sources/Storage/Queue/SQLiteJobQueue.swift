public import DaguerreJobs
import GRDB
import Synchronization

/// The durable queue: what it has said yes to, no crash loses.
///
/// Decisions are ``JobLedger``'s, whose value is in memory; every change is in the database before anyone hears of it. What is
/// asked for while a transaction is being written gathers, and is written by the next one together, so that the disk's
/// latency is paid once for all. What fails before it has changed anything fails alone. If a transaction fails, the ledger goes
/// back to where it was; who brought that about is told, and the others are written without them, or told, too.
public final class SQLiteJobQueue: JobQueue {
    private let pool: DatabasePool
    private let clock: @Sendable () -> Timestamp
    private let broadcast = ChangeBroadcast()
    private let inbox = Mutex(Inbox())
    private let ledger: Mutex<JobLedger>
    /// Jobs that could not be read when the queue was opened, and have failed: which and why, a line each.
    public let unreadableJobs: [String]

    /// What becomes of an operation's changes when the power fails.
    private enum Durability: Sendable {
        /// There are none.
        case unchanged
        /// They may be lost with the power, but not with this process, and come to the disk with the next that are synced.
        case written
        /// They are on the disk before anyone hears of them.
        case synced
    }

    /// Something asked for.
    private struct Operation: Sendable {
        let durability: Durability
        /// Does it within a transaction; what it returns tells whoever asked, once the transaction has been written or not.
        let run: @Sendable (inout JobLedger, inout SQLiteArchive, Timestamp) -> Told
    }

    /// How an operation went.
    private struct Told {
        /// An error of the store.
        let failure: QueueError?
        /// Whether a part of it may be in the transaction.
        let hasChanged: Bool
        let tell: (QueueError?) -> Void
    }

    private struct Inbox {
        var operations: [Operation] = []
        var isBeingEmptied = false
    }

    /// Goes on with what the database holds.
    ///
    /// Jobs that ran have lost their workers, since these ended with the process that had the database: no other may use it at
    /// the same time, for which ``FolderLock`` cares.
    ///
    /// - Parameters:
    ///   - capacity: jobs that may wait at once.
    ///   - clock: tells the time.
    public init(
        _ database: ServerDatabase, capacity: Int = 1000, clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) async throws(QueueError) {
        pool = database.pool
        self.clock = clock
        let now = clock()
        do {
            let (ledger, unreadable) = try await database.pool.writeWithoutTransaction { connection in
                var unreadable: [String] = []
                var ledger = JobLedger(capacity: capacity)
                try connection.inTransaction(.immediate) {
                    var archive = SQLiteArchive(connection)
                    let found = try archive.unfinished(at: now)
                    unreadable = found.unreadable
                    try ledger.resume(found.jobs, nextNumber: found.nextNumber, in: &archive, at: now)
                    return .commit
                }
                _ = ledger.takeChanges()
                return (ledger, unreadable)
            }
            self.ledger = Mutex(ledger)
            unreadableJobs = unreadable
        } catch {
            throw QueueError(error)
        }
    }

    /// Does `body` in the next transaction, and returns once that is on the disk.
    private func perform<Value: Sendable>(
        _ durability: Durability = .synced,
        _ body: @escaping @Sendable (inout JobLedger, inout SQLiteArchive, Timestamp) throws(QueueError) -> Value
    ) async throws(QueueError) -> Value {
        let result: Result<Value, QueueError> = await withCheckedContinuation { continuation in
            let operation = Operation(durability: durability) { ledger, archive, now in
                let changesBefore = archive.changes
                let result = Result { () throws(QueueError) in try body(&ledger, &archive, now) }
                var failure: QueueError?
                if case .failure(.storage(let message)) = result { failure = .storage(message) }
                return Told(failure: failure, hasChanged: archive.changes > changesBefore) {
                    continuation.resume(returning: $0.map(Result.failure) ?? result)
                }
            }
            let isToBeEmptied = inbox.withLock { inbox in
                inbox.operations.append(operation)
                defer { inbox.isBeingEmptied = true }
                return !inbox.isBeingEmptied
            }
            if isToBeEmptied { pool.asyncWriteWithoutTransaction { self.empty(into: $0) } }
        }
        return try result.get()
    }

    /// Writes what has gathered, until nothing has; on the connection's own queue.
    private func empty(into connection: Database) {
        while true {
            let operations = inbox.withLock { inbox in
                defer { inbox.operations = [] }
                inbox.isBeingEmptied = !inbox.operations.isEmpty
                return inbox.operations
            }
            guard !operations.isEmpty else { return }
            write(operations, into: connection)
        }
    }

    private func write(_ operations: [Operation], into connection: Database, isSecondAttempt: Bool = false) {
        var told: [Told] = []
        // What a worker holds is run again after a restart, whether or not it is known that a worker held it.
        let isRelaxed =
            operations.contains { $0.durability == .written } && !operations.contains { $0.durability == .synced }
        let (changes, failure) = ledger.withLock { ledger -> ([JobRecord], QueueError?) in
            let before = ledger
            var archive = SQLiteArchive(connection)
            let now = clock()
            var obstacle: QueueError?
            if operations.contains(where: { $0.durability != .unchanged }) {
                // Between transactions only: SQLite does not take it within one.
                do { try connection.setSynced(!isRelaxed) } catch { obstacle = QueueError(error) }
            }
            told = operations.map { $0.run(&ledger, &archive, now) }
            do throws(QueueError) {
                if let obstacle { throw obstacle }
                if let failure = told.first(where: { $0.hasChanged && $0.failure != nil })?.failure { throw failure }
                try orStorageError { if connection.isInsideTransaction { try connection.commit() } }
                return (ledger.takeChanges(), nil)
            } catch {
                ledger = before
                // SQLite may have rolled back by itself, and where this fails too, the next transaction says why.
                if connection.isInsideTransaction { try? connection.rollback() }
                return ([], error)
            }
        }
        // For others that write by this connection; the next transaction of this queue sets what it needs itself.
        if isRelaxed { try? connection.setSynced(true) }
        broadcast.send(changes)
        let isAtFault = told.map { $0.failure != nil }
        guard failure != nil, !isSecondAttempt, isAtFault.contains(true), isAtFault.contains(false) else {
            for operation in told { operation.tell(failure) }
            return
        }
        for operation in told { if let failure = operation.failure { operation.tell(failure) } }
        write(zip(operations, isAtFault).filter { !$1 }.map(\.0), into: connection, isSecondAttempt: true)
    }

    // MARK: JobQueue

    /// Accepts a job; once this returns, a crash does not lose it.
    public func submit(
        _ submission: JobSubmission
    ) async throws(QueueError) -> (job: JobRecord, isRepeated: Bool) {
        try await perform { ledger, archive, now throws(QueueError) in
            try ledger.submit(submission, in: &archive, at: now)
        }
    }

    /// The job, if `owner` has one of that name; any owner's if nil.
    public func job(_ id: JobIdentifier, owner: Owner?) async throws(QueueError) -> JobRecord? {
        try await perform(.unchanged) { ledger, archive, _ throws(QueueError) in
            try ledger.job(id, owner: owner, in: archive)
        }
    }

    /// Those that `filter` shows, newest first.
    public func jobs(_ filter: JobFilter) async throws(QueueError) -> [JobRecord] {
        try await perform(.unchanged) { ledger, archive, _ throws(QueueError) in try ledger.jobs(filter, in: archive) }
    }

    /// The place in the line of a waiting job, 0 for the next; nil if it does not wait.
    public func position(of id: JobIdentifier) async throws(QueueError) -> Int? {
        try await perform(.unchanged) { ledger, _, _ throws(QueueError) in ledger.position(of: id) }
    }

    /// Takes the job that is to run next; see `JobQueue`.
    public func lease(preferring models: Set<String>, seconds: Double) async throws(QueueError) -> JobLease? {
        try await perform(.written) { ledger, archive, now throws(QueueError) in
            try ledger.lease(preferring: models, seconds: seconds, in: &archive, at: now)
        }
    }

    /// Takes up to `limit` more jobs of the same batch; see `JobQueue`.
    public func leaseCompanions(
        of lease: JobLease, limit: Int, seconds: Double
    ) async throws(QueueError) -> [JobLease] {
        try await perform(.written) { ledger, archive, now throws(QueueError) in
            try ledger.leaseCompanions(of: lease, limit: limit, seconds: seconds, in: &archive, at: now)
        }
    }

    /// Says that the worker of `lease` is alive.
    public func extend(_ lease: JobLease, seconds: Double) async throws(QueueError) -> LeaseStatus {
        try await perform(.unchanged) { ledger, archive, now throws(QueueError) in
            try ledger.extend(lease, seconds: seconds, in: &archive, at: now)
        }
    }

    /// Ends the job; `false` if the lease was lost, and then nothing is changed.
    public func finish(_ lease: JobLease, _ outcome: JobOutcome) async throws(QueueError) -> Bool {
        try await perform { ledger, archive, now throws(QueueError) in
            try ledger.finish(lease, outcome, in: &archive, at: now)
        }
    }

    /// Gives the job back unfinished, without counting the attempt.
    public func giveBack(_ lease: JobLease) async throws(QueueError) {
        try await perform { ledger, archive, now throws(QueueError) in
            try ledger.giveBack(lease, in: &archive, at: now)
        }
    }

    /// Cancels: at once if it waits, within a step if it runs.
    public func cancel(_ id: JobIdentifier, owner: Owner?) async throws(QueueError) -> JobRecord? {
        try await perform { ledger, archive, now throws(QueueError) in
            try ledger.cancel(id, owner: owner, in: &archive, at: now)
        }
    }

    /// Ends leases and deadlines that are over, and forgets what `Retention` says.
    public func sweep(_ retention: Retention) async throws(QueueError) -> [BlobDigest] {
        try await perform { ledger, archive, now throws(QueueError) in
            try ledger.sweep(retention, in: &archive, at: now)
        }
    }

    /// How much waits and runs.
    public func depth() async throws(QueueError) -> QueueDepth {
        try await perform(.unchanged) { ledger, _, now throws(QueueError) in ledger.depth(at: now) }
    }

    /// Notes that `owner` has uploaded `image`, whose bytes are in the blob store.
    public func addUpload(_ image: StoredImage, owner: Owner) async throws(QueueError) {
        try await perform { _, archive, now throws(QueueError) in
            try archive.addUpload(image, owner: owner, at: now)
        }
    }

    /// The upload or the result `digest`, if it is `owner`'s; any owner's if nil.
    public func image(_ digest: BlobDigest, owner: Owner?) async throws(QueueError) -> StoredImage? {
        try await perform(.unchanged) { _, archive, _ throws(QueueError) in try archive.image(digest, owner: owner) }
    }

    /// Pictures that are kept and at which no safety checker has looked.
    public func unjudgedImages() async throws(QueueError) -> Int {
        do {
            return try await pool.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM results WHERE \(SQLiteArchive.isUnjudged)") ?? 0
            }
        } catch {
            throw QueueError(error)
        }
    }

    /// Whether any job or upload refers to `digest`.
    public func isReferred(_ digest: BlobDigest) async throws(QueueError) -> Bool {
        try await perform(.unchanged) { ledger, archive, _ throws(QueueError) in
            try ledger.isReferred(digest, in: archive)
        }
    }

    /// Every change of a job's state from now on, in order.
    public func changes() -> AsyncStream<JobRecord> { broadcast.stream() }
}
