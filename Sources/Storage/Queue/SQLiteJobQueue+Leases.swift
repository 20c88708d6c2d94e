public import DaguerreJobs
import GRDB
import Synchronization

extension SQLiteJobQueue {
    /// How much older than a job whose model is at hand another may be and yet wait.
    private static let affinitySeconds = 60.0

    /// As the protocol says.
    public func lease(preferring models: Set<String>, seconds: Double) async throws(QueueError) -> JobLease? {
        let now = clock()
        return try await change { [self] database in
            var changed: [JobRecord] = []
            while var job = try turns.withLock({ try Self.next(database, &$0, preferring: models) }) {
                let isLeased = job.lifecycle.apply(.lease(until: now + seconds), at: now) == .changed
                // One that waited past its deadline ends here rather than at the next sweep.
                if !isLeased { _ = job.apply(.tick, at: now) }
                try Self.begin(&job, database, at: now)
                changed.append(job)
                guard isLeased else { continue }
                turns.withLock { $0.charge(job.owner, seconds: job.estimatedSeconds) }
                return (JobLease(job, attempt: job.lifecycle.attempt), changed)
            }
            return (nil, changed)
        }
    }

    /// The job whose turn it is; nil if none waits.
    private static func next(
        _ database: Database, _ turns: inout FairShare, preferring models: Set<String>
    ) throws -> JobRecord? {
        var waiting: [JobPriority: Set<Owner>] = [:]
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT DISTINCT priority, owner FROM jobs WHERE state = 'queued'"))
        for row in rows {
            let rank: Int = row["priority"]
            guard JobPriority.allCases.indices.contains(rank) else { continue }
            waiting[JobPriority.allCases[rank], default: []].insert(Owner(row["owner"]))
        }
        guard let (priority, owner) = turns.next(among: waiting) else { return nil }
        let mine = "state = 'queued' AND priority = ? AND owner = ?"
        let arguments: StatementArguments = [JobRow.rank(priority), owner.name]
        let oldest = try JobRow.fetch(mine + " ORDER BY id LIMIT 1", arguments, database).first
        guard let oldest, !models.isEmpty, !models.contains(oldest.request.model ?? "") else { return oldest }
        let marks = Array(repeating: "?", count: models.count).joined(separator: ", ")
        let latest = (oldest.submitted + affinitySeconds).milliseconds
        let atHand = try JobRow.fetch(
            mine + " AND submitted <= ? AND model IN (\(marks)) ORDER BY id LIMIT 1",
            arguments + [latest] + StatementArguments(models.sorted()), database)
        return atHand.first ?? oldest
    }

    private static func begin(_ job: inout JobRecord, _ database: Database, at now: Timestamp) throws {
        if job.state == .running, job.started == nil { job.started = now }
        try JobRow.update(job, database)
    }

    /// As the protocol says.
    public func leaseCompanions(
        of lease: JobLease, limit: Int, seconds: Double
    ) async throws(QueueError) -> [JobLease] {
        let now = clock()
        return try await change { [self] database in
            var changed: [JobRecord] = []
            let waiting = try JobRow.fetch(
                "state = 'queued' AND batch = ? ORDER BY priority, id LIMIT ?",
                [JobRow.batch(lease.job.request), max(limit, 0)], database)
            for var job in waiting where job.lifecycle.apply(.lease(until: now + seconds), at: now) == .changed {
                try Self.begin(&job, database, at: now)
                turns.withLock { $0.charge(job.owner, seconds: job.estimatedSeconds) }
                changed.append(job)
            }
            return (changed.map { JobLease($0, attempt: $0.lifecycle.attempt) }, changed)
        }
    }

    /// As the protocol says.
    public func extend(_ lease: JobLease, seconds: Double) async throws(QueueError) -> LeaseStatus {
        let now = clock()
        return try await change { database in
            guard var job = try Self.job(lease.job.id, owner: nil, database),
                job.lifecycle.apply(.heartbeat(attempt: lease.attempt, until: now + seconds), at: now) == .changed
            else { return (.lost, []) }
            try JobRow.update(job, database)
            return (job.lifecycle.isCancelRequested ? .cancelRequested : .held, [])
        }
    }

    /// As the protocol says.
    public func finish(_ lease: JobLease, _ outcome: JobOutcome) async throws(QueueError) -> Bool {
        let now = clock()
        return try await change { [self] database in
            guard var job = try Self.job(lease.job.id, owner: nil, database),
                job.lifecycle.apply(.finish(attempt: lease.attempt, state: outcome.state), at: now) == .changed
            else { return (false, []) }
            job.outcome = outcome
            try Self.end(&job, database, at: now)
            if case .succeeded(let images, _) = outcome {
                for image in images { try Self.insert(image, of: job, database, at: now) }
            }
            let difference = job.usedSeconds - job.estimatedSeconds
            turns.withLock { $0.charge(job.owner, seconds: difference) }
            return (true, [job])
        }
    }

    private static func insert(_ image: JobImage, of job: JobRecord, _ database: Database, at now: Timestamp) throws {
        let stored = StoredImage(
            digest: image.digest, mediaType: image.mediaType, byteCount: image.byteCount, width: image.width,
            height: image.height)
        try insert(stored, owner: job.owner, job: job.id.description, database, at: now)
    }

    /// Notes that a job has ended, and what it took.
    static func end(_ job: inout JobRecord, _ database: Database, at now: Timestamp) throws {
        job.finished = now
        try JobRow.update(job, database)
        guard job.started != nil else { return }
        try database.cachedStatement(sql: "INSERT INTO usage (owner, time, seconds) VALUES (?, ?, ?)")
            .execute(arguments: [job.owner.name, now.milliseconds, job.usedSeconds])
    }

    /// As the protocol says.
    public func giveBack(_ lease: JobLease) async throws(QueueError) {
        let now = clock()
        try await change { [self] database in
            guard var job = try Self.job(lease.job.id, owner: nil, database),
                job.apply(.giveBack(attempt: lease.attempt), at: now) == .changed
            else { return ((), []) }
            turns.withLock { $0.charge(job.owner, seconds: -job.estimatedSeconds) }
            if job.state.isTerminal { try Self.end(&job, database, at: now) } else { try JobRow.update(job, database) }
            return ((), [job])
        }
    }

    /// As the protocol says.
    public func cancel(_ id: JobIdentifier, owner: Owner?) async throws(QueueError) -> JobRecord? {
        let now = clock()
        return try await change { database in
            guard var job = try Self.job(id, owner: owner, database) else { return (nil, []) }
            guard job.apply(.cancel, at: now) == .changed else { return (job, []) }
            if job.state.isTerminal { try Self.end(&job, database, at: now) } else { try JobRow.update(job, database) }
            return (job, [job])
        }
    }

    /// Ends leases that are over at this moment, as `lifecycle` sees them.
    func endLeases(
        _ lifecycle: @escaping @Sendable (JobRecord) -> JobLifecycle = { $0.lifecycle }
    ) async throws(QueueError) {
        let now = clock()
        try await change { database in
            var changed: [JobRecord] = []
            let overdue = "state = 'running' OR state = 'queued' AND deadline <= ?"
            for var job in try JobRow.fetch(overdue, [now.milliseconds], database) {
                job.lifecycle = lifecycle(job)
                guard job.apply(.tick, at: now) == .changed else { continue }
                if job.state.isTerminal {
                    try Self.end(&job, database, at: now)
                } else {
                    try JobRow.update(job, database)
                }
                changed.append(job)
            }
            return ((), changed)
        }
    }
}
