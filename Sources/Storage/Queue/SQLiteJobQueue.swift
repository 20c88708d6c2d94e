public import DaguerreJobs
import GRDB
import Synchronization

/// A queue in the data folder's database: what it has accepted survives a crash at any moment.
///
/// One process at a time has it: see ``FolderLock``.
public final class SQLiteJobQueue: JobQueue {
    let database: ServerDatabase
    let capacity: Int
    let clock: @Sendable () -> Timestamp
    let turns = Mutex(FairShare())
    private let watchers = Mutex<[Int: AsyncStream<JobRecord>.Continuation]>([:])
    private let watcherCount = Atomic(0)

    /// Changes that wait for a reader.
    private static let mostUnread = 100_000

    /// Opens the queue, and ends the leases that a process before this one held: its workers are gone.
    ///
    /// - Parameters:
    ///   - capacity: jobs that may wait at once.
    ///   - clock: tells the time.
    public init(
        _ database: ServerDatabase, capacity: Int = 1000, clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) async throws(QueueError) {
        self.database = database
        self.capacity = capacity
        self.clock = clock
        try await endLeases { (job: JobRecord) in
            let lifecycle = job.lifecycle
            return JobLifecycle(
                state: lifecycle.state, attempt: lifecycle.attempt, losses: lifecycle.losses,
                leaseEnd: Timestamp(milliseconds: 0), isCancelRequested: lifecycle.isCancelRequested,
                deadline: lifecycle.deadline)
        }
    }

    /// As the protocol says.
    public func changes() -> AsyncStream<JobRecord> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: JobRecord.self, bufferingPolicy: .bufferingNewest(Self.mostUnread))
        let number = watcherCount.wrappingAdd(1, ordering: .relaxed).newValue
        continuation.onTermination = { [weak self] _ in self?.watchers.withLock { $0[number] = nil } }
        watchers.withLock { $0[number] = continuation }
        return stream
    }

    /// Writes, and tells those who watch once it is durable.
    ///
    /// - Parameter body: what it returns is whatever the caller wants, and the jobs that changed.
    func change<R: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> (R, [JobRecord])
    ) async throws(QueueError) -> R {
        let (result, changed) = try await database.writer(body)
        if !changed.isEmpty {
            watchers.withLock { watchers in
                for job in changed { for watcher in watchers.values { watcher.yield(job) } }
            }
        }
        return result
    }

    func read<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws(QueueError) -> R {
        do {
            return try await database.pool.read(body)
        } catch {
            throw QueueError(error)
        }
    }

    /// As the protocol says.
    public func job(_ id: JobIdentifier, owner: Owner?) async throws(QueueError) -> JobRecord? {
        try await read { database in try Self.job(id, owner: owner, database) }
    }

    static func job(_ id: JobIdentifier, owner: Owner?, _ database: Database) throws -> JobRecord? {
        let job = try JobRow.fetch("id = ?", [id.description], database).first
        return owner == nil || job?.owner == owner ? job : nil
    }

    /// As the protocol says.
    public func jobs(_ filter: JobFilter) async throws(QueueError) -> [JobRecord] {
        let states = filter.states.isEmpty ? Set(JobState.allCases) : filter.states
        let marks = Array(repeating: "?", count: states.count).joined(separator: ", ")
        var arguments: StatementArguments = [filter.owner.name]
        arguments += StatementArguments(states.map(\.rawValue))
        arguments += [filter.before?.description ?? "k", max(filter.limit, 0)]
        let all = arguments
        return try await read { database in
            try JobRow.fetch(
                "owner = ? AND state IN (\(marks)) AND id < ? ORDER BY id DESC LIMIT ?", all, database)
        }
    }

    /// Those before it in its own class and in those above.
    public func position(of id: JobIdentifier) async throws(QueueError) -> Int? {
        try await read { database in
            guard let job = try Self.job(id, owner: nil, database), job.state == .queued else { return nil }
            return try Int.fetchOne(
                database,
                sql: """
                    SELECT count(*) FROM jobs
                    WHERE state = 'queued' AND (priority < ?1 OR priority = ?1 AND id < ?2)
                    """, arguments: [JobRow.rank(job.priority), id.description])
        }
    }

    /// As the protocol says.
    public func depth() async throws(QueueError) -> QueueDepth {
        let now = clock()
        return try await read { database in try Self.depth(database, at: now) }
    }

    static func depth(_ database: Database, at now: Timestamp) throws -> QueueDepth {
        var depth = QueueDepth()
        let queued = try Row.fetchAll(
            database,
            sql:
                "SELECT priority, count(*) AS jobs, sum(estimated) AS seconds FROM jobs WHERE state = 'queued' GROUP BY priority"
        )
        for row in queued {
            let rank: Int = row["priority"]
            if JobPriority.allCases.indices.contains(rank) { depth.queued[JobPriority.allCases[rank]] = row["jobs"] }
            depth.backlogSeconds += row["seconds"]
        }
        for row in try Row.fetchAll(database, sql: "SELECT estimated, started FROM jobs WHERE state = 'running'") {
            depth.running += 1
            let elapsed = (row["started"] as Int64?).map { now.seconds(since: Timestamp(milliseconds: $0)) } ?? 0
            depth.backlogSeconds += max(row["estimated"] - max(elapsed, 0), 0)
        }
        return depth
    }
}
