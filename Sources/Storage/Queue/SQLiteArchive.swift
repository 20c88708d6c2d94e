import DaguerreJobs
import GRDB

/// An archive in the database's tables; lives within one transaction, which its first change begins.
struct SQLiteArchive: JobArchive {
    private let database: Database

    init(_ database: Database) { self.database = database }

    // MARK: Jobs

    func insert(_ record: JobRecord, number: Int64, of submission: JobSubmission) throws(QueueError) {
        let lifecycle = record.lifecycle
        try change(
            """
            INSERT INTO jobs (number, id, owner, priority, state, attempt, losses, lease_end, cancel_requested, deadline,
                submitted, started, finished, estimated_seconds, request)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                number, record.id.description, record.owner.name, record.priority.rawValue, record.state.rawValue,
                lifecycle.attempt, lifecycle.losses, lifecycle.leaseEnd?.milliseconds, lifecycle.isCancelRequested,
                lifecycle.deadline?.milliseconds, record.submitted.milliseconds, record.started?.milliseconds,
                record.finished?.milliseconds, record.estimatedSeconds, try StoredJSON.text(record.request),
            ])
        // Numbers of jobs that are forgotten are not given again.
        try change("UPDATE numbers SET next = ?", [number + 1])
        guard let key = submission.idempotencyKey else { return }
        try change(
            "INSERT OR REPLACE INTO submissions (owner, key, body_digest, job, made) VALUES (?, ?, ?, ?, ?)",
            [
                record.owner.name, key, submission.bodyDigest, record.id.description, record.submitted.milliseconds,
            ])
    }

    func update(_ record: JobRecord, spentSeconds: Double) throws(QueueError) {
        let lifecycle = record.lifecycle
        let outcome: String? =
            if let stored = StoredOutcome(record.outcome) { try StoredJSON.text(stored) } else { nil }
        try change(
            """
            UPDATE jobs SET state = ?, attempt = ?, losses = ?, lease_end = ?, cancel_requested = ?, started = ?,
                finished = ?, spent_seconds = spent_seconds + ?, outcome = ?
            WHERE id = ?
            """,
            [
                record.state.rawValue, lifecycle.attempt, lifecycle.losses, lifecycle.leaseEnd?.milliseconds,
                lifecycle.isCancelRequested, record.started?.milliseconds, record.finished?.milliseconds, spentSeconds,
                outcome, record.id.description,
            ])
        for image in record.images {
            try change(
                """
                INSERT INTO results (job, digest, owner, media_type, byte_count, width, height)
                SELECT number, ?, owner, ?, ?, ?, ? FROM jobs WHERE id = ?
                """,
                [
                    image.digest.description, image.mediaType, image.byteCount, image.width, image.height,
                    record.id.description,
                ])
        }
    }

    func job(_ id: JobIdentifier) throws(QueueError) -> JobRecord? {
        try records("WHERE id = ?", [id.description]).first?.record
    }

    func jobs(_ filter: JobFilter) throws(QueueError) -> [JobRecord] {
        var condition = "WHERE owner = ?"
        var arguments: [(any DatabaseValueConvertible)?] = [filter.owner.name]
        if let before = filter.before {
            condition += " AND id < ?"
            arguments.append(before.description)
        }
        if !filter.states.isEmpty {
            // The names of an enumeration, none of which has a quotation mark.
            condition += " AND state IN (\(filter.states.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")))"
        }
        arguments.append(max(filter.limit, 0))
        return try records(condition + " ORDER BY id DESC LIMIT ?", arguments).map(\.record)
    }

    /// Jobs that wait or run, in the order of their numbers, and the next number.
    func unfinished() throws(QueueError) -> (jobs: [(record: JobRecord, number: Int64)], nextNumber: Int64) {
        let jobs = try records("WHERE finished IS NULL ORDER BY number", [])
        var row = try rows("SELECT next FROM numbers", []).first.map(StoredRow.init)
        return (jobs, try row?.next() ?? 1)
    }

    private func records(
        _ condition: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(QueueError) -> [(record: JobRecord, number: Int64)] {
        let rows = try rows(
            """
            SELECT number, id, owner, priority, state, attempt, losses, lease_end, cancel_requested, deadline, submitted,
                started, finished, estimated_seconds, request, outcome
            FROM jobs \(condition)
            """, arguments)
        var records: [(record: JobRecord, number: Int64)] = []
        for row in rows { records.append(try record(StoredRow(row))) }
        return records
    }

    private func record(_ row: StoredRow) throws(QueueError) -> (record: JobRecord, number: Int64) {
        var row = row
        let number = try row.next(Int64.self)
        let id = try row.next(JobIdentifier.init)
        let owner = Owner(try row.next())
        let priority = try row.next(JobPriority.init(rawValue:))
        let state = try row.next(JobState.init(rawValue:))
        let attempt = try row.next(Int.self), losses = try row.next(Int.self)
        let leaseEnd = try moment(&row), isCancelRequested = try row.next(Bool.self), deadline = try moment(&row)
        let submitted = Timestamp(milliseconds: try row.next())
        let started = try moment(&row), finished = try moment(&row)
        let estimatedSeconds = try row.next(Double.self)
        let request = try StoredJSON.value(JobRequest.self, from: try row.next())
        let outcome: StoredOutcome? =
            if let text = try row.nextIfPresent(String.self) {
                try StoredJSON.value(StoredOutcome.self, from: text)
            } else { nil }
        let record = JobRecord(
            id: id, owner: owner, request: request, priority: priority,
            lifecycle: JobLifecycle(
                state: state, attempt: attempt, losses: losses, leaseEnd: leaseEnd,
                isCancelRequested: isCancelRequested, deadline: deadline),
            submitted: submitted, started: started, finished: finished, estimatedSeconds: estimatedSeconds,
            outcome: outcome?.outcome(in: state))
        return (record, number)
    }

    private func moment(_ row: inout StoredRow) throws(QueueError) -> Timestamp? {
        try row.nextIfPresent(Int64.self).map(Timestamp.init(milliseconds:))
    }

    func submission(
        _ key: String, of owner: Owner, since moment: Timestamp
    ) throws(QueueError) -> (job: JobIdentifier, bodyDigest: String)? {
        let known = try rows(
            "SELECT job, body_digest FROM submissions WHERE owner = ? AND key = ? AND made > ?",
            [owner.name, key, moment.milliseconds])
        guard var row = known.first.map(StoredRow.init) else { return nil }
        return (try row.next(JobIdentifier.init), try row.next())
    }

    func spending(of owner: Owner, since moment: Timestamp) throws(QueueError) -> [(end: Timestamp, seconds: Double)] {
        let rows = try rows(
            """
            SELECT finished, spent_seconds FROM jobs
            WHERE owner = ? AND finished > ? AND spent_seconds > 0 ORDER BY finished
            """, [owner.name, moment.milliseconds])
        var spending: [(end: Timestamp, seconds: Double)] = []
        for row in rows {
            var row = StoredRow(row)
            spending.append((Timestamp(milliseconds: try row.next()), try row.next()))
        }
        return spending
    }

    // MARK: Images

    func addUpload(_ image: StoredImage, owner: Owner, at now: Timestamp) throws(QueueError) {
        try change(
            """
            INSERT OR REPLACE INTO uploads (digest, owner, media_type, byte_count, width, height, made)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                image.digest.description, owner.name, image.mediaType, image.byteCount, image.width, image.height,
                now.milliseconds,
            ])
    }

    func image(_ digest: BlobDigest, owner: Owner?) throws(QueueError) -> StoredImage? {
        for table in ["uploads", "results"] {
            let found = try rows(
                """
                SELECT media_type, byte_count, width, height FROM \(table)
                WHERE digest = ? AND (?2 IS NULL OR owner = ?2) LIMIT 1
                """, [digest.description, owner?.name])
            guard var row = found.first.map(StoredRow.init) else { continue }
            return StoredImage(
                digest: digest, mediaType: try row.next(), byteCount: try row.next(), width: try row.next(),
                height: try row.next())
        }
        return nil
    }

    func isReferred(_ digest: BlobDigest) throws(QueueError) -> Bool { try image(digest, owner: nil) != nil }

    func forget(
        jobs: Timestamp, uploads: Timestamp, keys: Timestamp, except needed: Set<BlobDigest>
    ) throws(QueueError) -> Set<BlobDigest> {
        var forgotten: Set<BlobDigest> = []
        let results = try rows(
            "SELECT digest FROM results WHERE job IN (SELECT number FROM jobs WHERE finished <= ?)", [jobs.milliseconds]
        )
        for row in results {
            var row = StoredRow(row)
            forgotten.insert(try row.next(BlobDigest.init))
        }
        try changeIfAny("jobs", "finished <= ?", [jobs.milliseconds])
        for row in try rows("SELECT DISTINCT digest FROM uploads WHERE made <= ?", [uploads.milliseconds]) {
            var row = StoredRow(row)
            let digest = try row.next(BlobDigest.init)
            guard !needed.contains(digest) else { continue }
            forgotten.insert(digest)
            try change(
                "DELETE FROM uploads WHERE digest = ? AND made <= ?", [digest.description, uploads.milliseconds])
        }
        try changeIfAny("submissions", "made <= ?", [keys.milliseconds])
        return forgotten
    }

    // MARK: Statements

    /// Deletes rows, and begins no transaction if there are none.
    private func changeIfAny(
        _ table: String, _ condition: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(QueueError) {
        guard try !rows("SELECT 1 FROM \(table) WHERE \(condition) LIMIT 1", arguments).isEmpty else { return }
        try change("DELETE FROM \(table) WHERE \(condition)", arguments)
    }

    private func change(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws(QueueError) {
        try orStorageError {
            if !database.isInsideTransaction { try database.beginTransaction(.immediate) }
            try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
        }
    }

    private func rows(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws(QueueError) -> [Row] {
        try orStorageError {
            try Row.fetchAll(database.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        }
    }
}

/// What `body` returns.
///
/// - Throws: what it throws, as a ``QueueError``.
func orStorageError<Value>(_ body: () throws -> Value) throws(QueueError) -> Value {
    do { return try body() } catch { throw QueueError(error) }
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
