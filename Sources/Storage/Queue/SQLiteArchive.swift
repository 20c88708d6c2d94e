import DaguerreJobs
import GRDB

/// An archive in the database's tables; lives within one transaction, which its first change begins.
struct SQLiteArchive: JobArchive {
    private let database: Database
    /// Changes that were begun, those that failed among them.
    private(set) var changes = 0

    init(_ database: Database) { self.database = database }

    // MARK: Jobs

    mutating func insert(_ record: JobRecord, number: Int64, of submission: JobSubmission) throws(QueueError) {
        let lifecycle = record.lifecycle
        try change(
            """
            INSERT INTO jobs (number, id, owner, priority, state, attempt, losses, lease_end, cancel_requested, deadline,
                submitted, started, finished, estimated_seconds, request, trace)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                number, record.id.description, record.owner.name, record.priority.rawValue, record.state.rawValue,
                lifecycle.attempt, lifecycle.losses, lifecycle.leaseEnd?.milliseconds, lifecycle.isCancelRequested,
                lifecycle.deadline?.milliseconds, record.submitted.milliseconds, record.started?.milliseconds,
                record.finished?.milliseconds, record.estimatedSeconds, try StoredJSON.text(record.request),
                try StoredJSON.text(ifPresent: record.trace),
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

    mutating func update(_ record: JobRecord, spentSeconds: Double) throws(QueueError) {
        let lifecycle = record.lifecycle
        let outcome = try StoredJSON.text(ifPresent: StoredOutcome(record.outcome))
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
        try record("id = ? AND forgotten = 0", id)
    }

    func jobs(_ filter: JobFilter) throws(QueueError) -> [JobRecord] {
        var condition = "owner = ? AND forgotten = 0"
        var arguments: [(any DatabaseValueConvertible)?] = [filter.owner.name]
        if let before = filter.before {
            condition += " AND id < ?"
            arguments.append(before.description)
        }
        if !filter.states.isEmpty {
            // The names of an enumeration, none of which has a quotation mark.
            condition += " AND state IN (\(filter.states.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")))"
        }
        // One that cannot be read says so where it is looked for by its name, and does not hide all others.
        return try orStorageError {
            let rows = try Row.fetchCursor(
                database.cachedStatement(sql: Self.selection + condition + " ORDER BY id DESC"),
                arguments: StatementArguments(arguments))
            var records: [JobRecord] = []
            while records.count < filter.limit, let row = try rows.next() {
                if let record = try? record(StoredRow(row)).record { records.append(record) }
            }
            return records
        }
    }

    /// Jobs that wait or run, in the order of their numbers, and the next number.
    ///
    /// A job that cannot be read fails at `now`, so that the others go on; `unreadable` says which did and why.
    mutating func unfinished(
        at now: Timestamp
    ) throws(QueueError) -> (jobs: [(record: JobRecord, number: Int64)], nextNumber: Int64, unreadable: [String]) {
        var jobs: [(record: JobRecord, number: Int64)] = []
        var unreadable: [String] = []
        for row in try rows(Self.selection + "finished IS NULL ORDER BY number", []) {
            do throws(QueueError) {
                let job = try record(StoredRow(row))
                guard !job.record.state.isTerminal else { throw .storage("it has ended, and nothing says when") }
                jobs.append(job)
            } catch {
                try fail(row, at: now)
                let name = String.fromDatabaseValue(row["id"]) ?? "a job"
                guard case .storage(let reason) = error else { throw error }
                unreadable.append("\(name): \(reason)")
            }
        }
        var row = try rows("SELECT next FROM numbers", []).first.map(StoredRow.init)
        return (jobs, try row?.next() ?? 1, unreadable)
    }

    /// Makes of a row that cannot be read a job that has failed, of which what was asked for is kept if that can be read.
    private mutating func fail(_ row: Row, at now: Timestamp) throws(QueueError) {
        var request = try StoredJSON.text(JobRequest(""))
        if let text = String.fromDatabaseValue(row["request"]),
            (try? StoredJSON.value(JobRequest.self, from: text)) != nil
        {
            request = text
        }
        let failure = JobFailure(.internalError, "what the store had of it could not be read; submit it again")
        try change(
            """
            UPDATE jobs SET priority = ?, state = ?, attempt = 0, losses = 0, lease_end = NULL, cancel_requested = 0,
                deadline = NULL, submitted = iif(typeof(submitted) = 'integer', submitted, ?3), started = NULL,
                finished = ?3, estimated_seconds = 0, spent_seconds = 0, request = ?, outcome = ?, trace = NULL
            WHERE number = ?
            """,
            [
                JobPriority.normal.rawValue, JobState.failed.rawValue, now.milliseconds,
                request, try StoredJSON.text(StoredOutcome(.failed(failure))),
                Int64.fromDatabaseValue(row["number"]),
            ])
    }

    private static let selection = """
        SELECT number, id, owner, priority, state, attempt, losses, lease_end, cancel_requested, deadline, submitted,
            started, finished, estimated_seconds, request, outcome, trace
        FROM jobs WHERE\u{20}
        """

    private func record(_ condition: String, _ id: JobIdentifier) throws(QueueError) -> JobRecord? {
        guard let row = try rows(Self.selection + condition, [id.description]).first else { return nil }
        return try record(StoredRow(row)).record
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
        let outcome = try StoredJSON.value(StoredOutcome.self, ifPresent: row.nextIfPresent())
        let trace = try StoredJSON.value(JobTrace.self, ifPresent: row.nextIfPresent())
        let record = JobRecord(
            id: id, owner: owner, request: request, priority: priority,
            lifecycle: JobLifecycle(
                state: state, attempt: attempt, losses: losses, leaseEnd: leaseEnd,
                isCancelRequested: isCancelRequested, deadline: deadline),
            submitted: submitted, started: started, finished: finished, estimatedSeconds: estimatedSeconds,
            trace: trace, outcome: outcome?.outcome(in: state))
        return (record, number)
    }

    private func moment(_ row: inout StoredRow) throws(QueueError) -> Timestamp? {
        try row.nextIfPresent(Int64.self).map(Timestamp.init(milliseconds:))
    }

    func submission(
        _ key: String, of owner: Owner, since moment: Timestamp
    ) throws(QueueError) -> (job: JobRecord, bodyDigest: String)? {
        let known = try rows(
            "SELECT job, body_digest FROM submissions WHERE owner = ? AND key = ? AND made > ?",
            [owner.name, key, moment.milliseconds])
        guard var row = known.first.map(StoredRow.init),
            let job = try record("id = ?", row.next(JobIdentifier.init))
        else { return nil }
        return (job, try row.next())
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

    mutating func addUpload(_ image: StoredImage, owner: Owner, at now: Timestamp) throws(QueueError) {
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
        for (table, isUnjudged) in [("uploads", "0"), ("results", Self.isUnjudged)] {
            let found = try rows(
                """
                SELECT media_type, byte_count, width, height, \(isUnjudged) AS unjudged FROM \(table)
                WHERE digest = ? AND (?2 IS NULL OR owner = ?2) ORDER BY unjudged LIMIT 1
                """, [digest.description, owner?.name])
            guard var row = found.first.map(StoredRow.init) else { continue }
            return StoredImage(
                digest: digest, mediaType: try row.next(), byteCount: try row.next(), width: try row.next(),
                height: try row.next(), isUnjudged: try row.next())
        }
        return nil
    }

    /// Whether a row of `results` is of a picture at which no safety checker has looked, as its job's outcome says.
    static let isUnjudged = """
        NOT EXISTS (
            SELECT 1 FROM jobs, json_each(iif(json_valid(jobs.outcome), jobs.outcome, '{}'), '$.images') AS image
            WHERE jobs.number = results.job AND json_extract(image.value, '$.digest') = results.digest
                AND (json_extract(image.value, '$.safety') IS NOT NULL
                    OR json_extract(image.value, '$.role') <> 'result'))
        """

    func isReferred(_ digest: BlobDigest) throws(QueueError) -> Bool { try image(digest, owner: nil) != nil }

    mutating func forget(
        jobs: Timestamp, remainders: Timestamp, uploads: Timestamp, keys: Timestamp, except needed: Set<BlobDigest>
    ) throws(QueueError) -> Set<BlobDigest> {
        let ended = "forgotten = 0 AND finished <= ?"
        var forgotten = Set(
            try digests(
                "SELECT digest FROM results WHERE job IN (SELECT number FROM jobs WHERE \(ended))", jobs))
        if try hasAny("jobs", ended, jobs) {
            try change(
                "DELETE FROM results WHERE job IN (SELECT number FROM jobs WHERE \(ended))", [jobs.milliseconds])
            // Of the outcome, infotexts go with the images.
            try change(
                """
                UPDATE jobs SET forgotten = 1, request = ?, trace = NULL, outcome = iif(json_valid(outcome),
                    json_replace(outcome, '$.images', json('[]')), NULL)
                WHERE \(ended)
                """, [try StoredJSON.text(JobRequest("")), jobs.milliseconds])
        }
        try deleteAny("jobs", "forgotten = 1 AND finished <= ?", min(jobs, remainders))
        for digest in try digests("SELECT DISTINCT digest FROM uploads WHERE made <= ?", uploads)
        where !needed.contains(digest) {
            forgotten.insert(digest)
            try change(
                "DELETE FROM uploads WHERE digest = ? AND made <= ?", [digest.description, uploads.milliseconds])
        }
        try deleteAny("submissions", "made <= ?", keys)
        return forgotten
    }

    /// What is no digest is nobody's: it is passed over.
    private func digests(_ sql: String, _ moment: Timestamp) throws(QueueError) -> [BlobDigest] {
        try rows(sql, [moment.milliseconds]).compactMap { row in
            String.fromDatabaseValue(row["digest"]).flatMap(BlobDigest.init)
        }
    }

    // MARK: Statements

    private func hasAny(_ table: String, _ condition: String, _ moment: Timestamp) throws(QueueError) -> Bool {
        try !rows("SELECT 1 FROM \(table) WHERE \(condition) LIMIT 1", [moment.milliseconds]).isEmpty
    }

    /// Deletes rows, and begins no transaction if there are none.
    private mutating func deleteAny(_ table: String, _ condition: String, _ moment: Timestamp) throws(QueueError) {
        guard try hasAny(table, condition, moment) else { return }
        try change("DELETE FROM \(table) WHERE \(condition)", [moment.milliseconds])
    }

    private mutating func change(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws(QueueError) {
        changes += 1
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
