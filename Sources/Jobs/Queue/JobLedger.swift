/// What every queue does, as a value beside its archive: the jobs that wait and run, and the rules of accepting them.
///
/// Queues differ in the archive only, and in how they take turns.
package struct JobLedger: Sendable {
    /// A job that has not ended.
    struct Unfinished {
        /// Shared by the ledger's values, so that a queue may keep one to go back to without copying every record.
        private final class Shared: Sendable {
            let record: JobRecord

            init(_ record: JobRecord) { self.record = record }
        }

        private var shared: Shared
        let number: Int64
        /// When its worker took it, while it runs.
        var leased: Timestamp?
        /// What must agree for jobs to be computed together, once it has been asked for.
        var batchKey: String?

        var record: JobRecord {
            get { shared.record }
            set { shared = Shared(newValue) }
        }

        init(record: JobRecord, number: Int64) {
            shared = Shared(record)
            self.number = number
        }
    }

    /// Seconds over which computing time is counted.
    static let day = 86400.0

    /// Jobs that may wait at once.
    package let capacity: Int
    /// Changes that nobody has been told of yet.
    package private(set) var changes: [JobRecord] = []

    var unfinished: [JobIdentifier: Unfinished] = [:]
    var line = FairShare()
    private var nextNumber: Int64 = 1
    private var places: [JobIdentifier: Int]?

    /// Nothing waits or runs.
    package init(capacity: Int) { self.capacity = capacity }

    /// Goes on after a crash: those that ran have lost their workers.
    ///
    /// - Parameter unfinished: jobs that wait or run, and their numbers.
    /// - Parameter nextNumber: above every number that was ever given.
    package mutating func resume(
        _ unfinished: [(record: JobRecord, number: Int64)], nextNumber: Int64, in archive: inout some JobArchive,
        at now: Timestamp
    ) throws(QueueError) {
        self.nextNumber = nextNumber
        for (record, number) in unfinished {
            self.unfinished[record.id] = Unfinished(record: record, number: number)
            if record.state == .queued {
                line.insert(FairShare.Entry(record, number: number))
            } else {
                _ = try apply(.lose, to: record.id, in: &archive, at: now)
            }
        }
    }

    /// Changes that nobody has been told of yet, which are told now.
    package mutating func takeChanges() -> [JobRecord] {
        defer { changes = [] }
        return changes
    }

    // MARK: Accepting

    package mutating func submit(
        _ submission: JobSubmission, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> (job: JobRecord, isRepeated: Bool) {
        if let key = submission.idempotencyKey {
            let since = now + -Retention().idempotencyKeys
            if let known = try archive.submission(key, of: submission.owner, since: since) {
                guard known.bodyDigest == submission.bodyDigest else { throw .idempotencyConflict }
                return (unfinished[known.job.id]?.record ?? known.job, true)
            }
        }
        try requireAllowance(of: submission, in: archive, at: now)
        guard line.count < capacity else {
            throw .full(retryAfterSeconds: max(depth(at: now).backlogSeconds, 1))
        }
        let record = JobRecord(submission, id: JobIdentifier(at: now), at: now)
        try archive.insert(record, number: nextNumber, of: submission)
        unfinished[record.id] = Unfinished(record: record, number: nextNumber)
        line.insert(FairShare.Entry(record, number: nextNumber))
        places = nil
        nextNumber += 1
        changes.append(record)
        return (record, false)
    }

    private func requireAllowance(
        of submission: JobSubmission, in archive: some JobArchive, at now: Timestamp
    ) throws(QueueError) {
        let allowance = submission.allowance
        guard allowance != .init() else { return }
        let own = unfinished.values.lazy.filter { $0.record.owner == submission.owner }
        if let limit = allowance.unfinishedJobs, own.reduce(0, { count, _ in count + 1 }) >= limit {
            throw .tooManyUnfinished(limit: limit)
        }
        if let limit = allowance.secondsPerDay {
            let day = Self.day
            let spending = try archive.spending(of: submission.owner, since: now + -day)
            let expected = own.reduce(submission.estimatedSeconds) { $0 + $1.record.estimatedSeconds }
            var excess = spending.reduce(expected - limit) { $0 + $1.seconds }
            guard excess > 0 else { return }
            // Room comes as what was spent a day ago is a day old; where that is not enough, with the end of other jobs.
            for (end, seconds) in spending {
                excess -= seconds
                if excess <= 0 {
                    throw .budgetSpent(secondsPerDay: limit, retryAfterSeconds: max((end + day).seconds(since: now), 1))
                }
            }
            throw .budgetSpent(secondsPerDay: limit, retryAfterSeconds: day)
        }
    }

    // MARK: Looking

    package func job(
        _ id: JobIdentifier, owner: Owner?, in archive: some JobArchive
    ) throws(QueueError) -> JobRecord? {
        let waiting = unfinished[id]?.record
        let record = if let waiting { waiting } else { try archive.job(id) }
        guard let record, owner == nil || record.owner == owner else { return nil }
        return record
    }

    package func jobs(_ filter: JobFilter, in archive: some JobArchive) throws(QueueError) -> [JobRecord] {
        // Heartbeats are not in the archive.
        let records = try archive.jobs(filter)
        return records.map { unfinished[$0.id]?.record ?? $0 }
    }

    package mutating func position(of id: JobIdentifier) -> Int? {
        guard unfinished[id]?.record.state == .queued else { return nil }
        let places = places ?? Dictionary(line.order.enumerated().map { ($1.job, $0) }) { first, _ in first }
        self.places = places
        return places[id]
    }

    package func depth(at now: Timestamp) -> QueueDepth {
        var depth = QueueDepth()
        for priority in JobPriority.allCases { depth.queued[priority] = line.count(priority) }
        depth.running = unfinished.count - line.count
        depth.backlogSeconds = unfinished.values.reduce(0) { sum, job in
            sum + max(job.record.estimatedSeconds - (job.leased.map(now.seconds(since:)) ?? 0), 0)
        }
        return depth
    }

    package func isReferred(_ digest: BlobDigest, in archive: some JobArchive) throws(QueueError) -> Bool {
        if try archive.isReferred(digest) { return true }
        return unfinished.values.contains { $0.record.request.uploads.contains(digest) }
    }

    // MARK: Changing

    /// Lets `event` happen to a job.
    ///
    /// - Returns: the job after that, and what the event led to; nil if it has ended.
    mutating func apply(
        _ event: JobLifecycle.Event, outcome: JobOutcome? = nil, to id: JobIdentifier,
        in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> (record: JobRecord, effect: JobLifecycle.Effect)? {
        guard var job = unfinished[id] else { return nil }
        let before = job.record.lifecycle
        let effect = job.record.lifecycle.apply(event, at: now)
        guard effect == .changed else { return (job.record, effect) }
        if case .heartbeat = event {  // Not kept: whatever ends this process ends its leases.
            unfinished[id] = job
            return (job.record, effect)
        }
        var spentSeconds = 0.0
        if before.state == .running, job.record.state != .running {
            spentSeconds = outcome?.usage?.seconds ?? job.leased.map { max(now.seconds(since: $0), 0) } ?? 0
            job.leased = nil
        }
        if before.state == .queued, job.record.state == .running {
            job.leased = now
            job.record.started = job.record.started ?? now
        }
        if job.record.state.isTerminal {
            job.record.finished = now
            // A state that says it all has no outcome beside it.
            job.record.outcome = outcome == .cancelled ? nil : outcome
            if outcome == nil, job.record.state == .failed { job.record.outcome = .failed(.givenUp) }
        }
        try archive.update(job.record, spentSeconds: spentSeconds)
        if before.state != job.record.state { move(job, from: before.state) }
        unfinished[id] = job.record.state.isTerminal ? nil : job
        changes.append(job.record)
        return (job.record, effect)
    }

    private mutating func move(_ job: Unfinished, from state: JobState) {
        let entry = FairShare.Entry(job.record, number: job.number)
        if job.record.state == .queued {
            line.insert(entry)
        } else if job.record.state == .running {
            line.take(entry)
        } else if state == .queued {
            line.remove(entry)
        }
        places = nil
    }
}
