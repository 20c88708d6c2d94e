public import DaguerreJobs
import GRDB

extension SQLiteJobQueue {
    /// As the protocol says.
    public func submit(
        _ submission: JobSubmission
    ) async throws(QueueError) -> (job: JobRecord, isRepeated: Bool) {
        let now = clock()
        return try await change { [capacity] database in
            if let earlier = try Self.earlier(submission, database, at: now) { return ((earlier, true), []) }
            try Self.requireAllowance(submission, database, at: now)
            let waiting = try Int.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM jobs WHERE state = 'queued'"))
            guard (waiting ?? 0) < capacity else {
                let backlog = try Self.depth(database, at: now).backlogSeconds
                // Not all at the same moment.
                throw QueueError.full(retryAfterSeconds: min(max(backlog, 1), 3600) * .random(in: 0.8...1.2))
            }
            let job = JobRecord(submission, id: JobIdentifier(at: now), at: now)
            try JobRow.insert(job, database)
            if let key = submission.idempotencyKey {
                try database.cachedStatement(
                    sql: "INSERT OR REPLACE INTO submissions (owner, key, body, job, time) VALUES (?, ?, ?, ?, ?)"
                ).execute(arguments: [
                    submission.owner.name, key, submission.bodyDigest, job.id.description, now.milliseconds,
                ])
            }
            return ((job, false), [job])
        }
    }

    /// The job that an earlier submission of the same key made.
    private static func earlier(
        _ submission: JobSubmission, _ database: Database, at now: Timestamp
    ) throws -> JobRecord? {
        guard let key = submission.idempotencyKey,
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT body, job, time FROM submissions WHERE owner = ? AND key = ?"),
                arguments: [submission.owner.name, key]),
            now.seconds(since: Timestamp(milliseconds: row["time"])) < Retention().idempotencyKeys,
            let id = JobIdentifier(row["job"]),
            let job = try job(id, owner: submission.owner, database)
        else { return nil }
        guard row["body"] == submission.bodyDigest else { throw QueueError.idempotencyConflict }
        return job
    }

    /// - Throws: ``QueueError`` if the owner has, or has used, as much as it may.
    private static func requireAllowance(
        _ submission: JobSubmission, _ database: Database, at now: Timestamp
    ) throws {
        let allowance = submission.allowance
        guard allowance.unfinishedJobs != nil || allowance.secondsPerDay != nil else { return }
        let owner = submission.owner.name
        let unfinished = try Row.fetchOne(
            database.cachedStatement(
                sql:
                    "SELECT count(*) AS jobs, total(estimated) AS seconds FROM jobs WHERE owner = ? AND finished IS NULL"
            ),
            arguments: [owner])
        if let limit = allowance.unfinishedJobs, (unfinished?["jobs"] ?? 0) >= limit {
            throw QueueError.tooManyUnfinished(limit: limit)
        }
        guard let limit = allowance.secondsPerDay else { return }
        let day = 86400.0
        let spent = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT time, seconds FROM usage WHERE owner = ? AND time > ? ORDER BY time"),
            arguments: [owner, (now + -day).milliseconds])
        var excess = (unfinished?["seconds"] ?? 0) + spent.reduce(0.0) { $0 + $1["seconds"] } - limit
        guard excess >= 0 else { return }
        // When enough of it will be a day ago.
        var wait = day
        for row in spent {
            excess -= row["seconds"]
            wait = max(day - now.seconds(since: Timestamp(milliseconds: row["time"])), 1)
            if excess < 0 { break }
        }
        throw QueueError.budgetSpent(secondsPerDay: limit, retryAfterSeconds: spent.isEmpty ? 60 : wait)
    }
}
