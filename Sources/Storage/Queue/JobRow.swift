import Crypto
import DaguerreJobs
import FoundationEssentials
import GRDB

/// A job as a row of the table `jobs`.
enum JobRow {
    /// High is 0, so that rows in order are in the order of urgency.
    static func rank(_ priority: JobPriority) -> Int { JobPriority.allCases.firstIndex(of: priority) ?? 0 }

    /// What rows are compared by to be computed together.
    static func batch(_ request: JobRequest) -> String {
        SHA256.hash(data: Array(request.batchKey.utf8)).prefix(16).map { String($0, radix: 36) }.joined(separator: ".")
    }

    /// The job of a row that has every column.
    ///
    /// - Throws: ``QueueError/storage(_:)`` for what no daguerre of this version wrote.
    static func record(_ row: Row) throws -> JobRecord {
        func broken(_ column: String) -> QueueError {
            .storage("a job in the data folder has a \(column) that cannot be read; it may be of another version")
        }
        guard let id = JobIdentifier(try text(row, "id")) else { throw broken("id") }
        guard let state = JobState(rawValue: try text(row, "state")) else { throw broken("state") }
        let rank: Int = row["priority"]
        guard JobPriority.allCases.indices.contains(rank) else { throw broken("priority") }
        let request: JobRequest, outcome: JobOutcome?
        do {
            request = try JSONDecoder().decode(JobRequest.self, from: Data(try text(row, "request").utf8))
            outcome = try StoredOutcome.outcome(row["outcome"], state)
        } catch {
            throw broken("request or an outcome")
        }
        return JobRecord(
            id: id, owner: Owner(try text(row, "owner")), request: request, priority: JobPriority.allCases[rank],
            lifecycle: JobLifecycle(
                state: state, attempt: row["attempt"], losses: row["losses"], leaseEnd: time(row["lease_end"]),
                isCancelRequested: row["cancel_requested"], deadline: time(row["deadline"])),
            submitted: Timestamp(milliseconds: row["submitted"]), started: time(row["started"]),
            finished: time(row["finished"]), estimatedSeconds: row["estimated"], outcome: outcome)
    }

    private static func text(_ row: Row, _ column: String) throws -> String {
        guard let text = String.fromDatabaseValue(row[column]) else {
            throw QueueError.storage("a job in the data folder has no \(column); it may be of another version")
        }
        return text
    }

    private static func time(_ milliseconds: Int64?) -> Timestamp? { milliseconds.map(Timestamp.init(milliseconds:)) }

    /// Adds a row.
    static func insert(_ job: JobRecord, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO jobs (id, owner, priority, state, attempt, losses, cancel_requested, deadline, submitted,
                    estimated, model, batch, request)
                VALUES (?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            job.id.description, job.owner.name, rank(job.priority), job.state.rawValue,
            job.lifecycle.deadline?.milliseconds, job.submitted.milliseconds, job.estimatedSeconds, job.request.model,
            batch(job.request), String(decoding: try JSONEncoder().encode(job.request), as: UTF8.self),
        ])
        for digest in job.request.uploads {
            try database.cachedStatement(sql: "INSERT OR IGNORE INTO uses (digest, job) VALUES (?, ?)")
                .execute(arguments: [digest.description, job.id.description])
        }
    }

    /// Writes what can change of a job.
    static func update(_ job: JobRecord, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                UPDATE jobs SET state = ?, attempt = ?, losses = ?, lease_end = ?, cancel_requested = ?, started = ?,
                    finished = ?, outcome = ? WHERE id = ?
                """
        ).execute(arguments: [
            job.state.rawValue, job.lifecycle.attempt, job.lifecycle.losses, job.lifecycle.leaseEnd?.milliseconds,
            job.lifecycle.isCancelRequested, job.started?.milliseconds, job.finished?.milliseconds,
            try StoredOutcome.text(job.outcome), job.id.description,
        ])
    }

    /// The jobs that `condition` selects.
    static func fetch(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> [JobRecord] {
        try Row.fetchAll(database.cachedStatement(sql: "SELECT * FROM jobs WHERE " + condition), arguments: arguments)
            .map(record)
    }
}
