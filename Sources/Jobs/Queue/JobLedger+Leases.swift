extension JobLedger {
    package mutating func lease(
        preferring models: Set<String>, seconds: Double, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> JobLease? {
        while let entry = line.next(preferring: models) {
            if let lease = try lease(entry, seconds: seconds, in: &archive, at: now) { return lease }
        }
        return nil
    }

    package mutating func leaseCompanions(
        of lease: JobLease, limit: Int, seconds: Double, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> [JobLease] {
        guard limit > 0, let key = lease.job.request.batchKey else { return [] }
        let models = Set([lease.job.request.model].compactMap(\.self))
        var (leases, room) = ([JobLease](), limit)
        while let entry = line.next(preferring: models), batchKey(of: entry.job) == key,
            let count = unfinished[entry.job]?.record.request.count, count <= room
        {
            guard let companion = try self.lease(entry, seconds: seconds, in: &archive, at: now) else { continue }
            leases.append(companion)
            room -= count
        }
        return leases
    }

    /// Nil if the job's deadline has passed; it has ended then.
    private mutating func lease(
        _ entry: FairShare.Entry, seconds: Double, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> JobLease? {
        let event = JobLifecycle.Event.lease(until: now + seconds)
        guard let (record, effect) = try apply(event, to: entry.job, in: &archive, at: now) else {
            line.remove(entry)
            return nil
        }
        if effect == .changed { return JobLease(record, attempt: record.lifecycle.attempt) }
        _ = try apply(.tick, to: entry.job, in: &archive, at: now)
        return nil
    }

    package mutating func extend(
        _ lease: JobLease, seconds: Double, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> LeaseStatus {
        let event = JobLifecycle.Event.heartbeat(attempt: lease.attempt, until: now + seconds)
        guard let (record, effect) = try apply(event, to: lease.job.id, in: &archive, at: now), effect != .refused
        else {
            return .lost
        }
        return record.lifecycle.isCancelRequested ? .cancelRequested : .held
    }

    package mutating func finish(
        _ lease: JobLease, _ outcome: JobOutcome, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> Bool {
        let event = JobLifecycle.Event.finish(attempt: lease.attempt, state: outcome.state)
        return try apply(event, outcome: outcome, to: lease.job.id, in: &archive, at: now)?.effect == .changed
    }

    package mutating func giveBack(
        _ lease: JobLease, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) {
        _ = try apply(.giveBack(attempt: lease.attempt), to: lease.job.id, in: &archive, at: now)
    }

    package mutating func cancel(
        _ id: JobIdentifier, owner: Owner?, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> JobRecord? {
        guard let record = try job(id, owner: owner, in: archive) else { return nil }
        return try apply(.cancel, to: id, in: &archive, at: now)?.record ?? record
    }

    package mutating func sweep(
        _ retention: Retention, in archive: inout some JobArchive, at now: Timestamp
    ) throws(QueueError) -> [BlobDigest] {
        for id in unfinished.values.sorted(by: { $0.number < $1.number }).map(\.record.id) {
            _ = try apply(.tick, to: id, in: &archive, at: now)
        }
        let needed = unfinished.values.reduce(into: Set<BlobDigest>()) { $0.formUnion($1.record.request.uploads) }
        let forgotten = try archive.forget(
            jobs: now + -retention.jobs, remainders: now + -max(Self.day, retention.idempotencyKeys),
            uploads: now + -retention.uploads, keys: now + -retention.idempotencyKeys, except: needed)
        var orphans: [BlobDigest] = []
        for digest in forgotten where !needed.contains(digest) {
            if try !archive.isReferred(digest) { orphans.append(digest) }
        }
        return orphans
    }

    private mutating func batchKey(of id: JobIdentifier) -> String? {
        if let key = unfinished[id]?.batchKey { return key }
        let key = unfinished[id]?.record.request.batchKey
        unfinished[id]?.batchKey = key
        return key
    }
}
