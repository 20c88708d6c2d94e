/// A queue that is gone when the process ends: for tests and for servers that keep nothing.
public actor MemoryJobQueue: JobQueue {
    private var ledger: JobLedger
    private var archive = MemoryArchive()
    private let clock: @Sendable () -> Timestamp
    private let broadcast = ChangeBroadcast()

    /// An empty queue in which at most `capacity` jobs wait.
    public init(capacity: Int = 1000, clock: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        ledger = JobLedger(capacity: capacity)
        self.clock = clock
    }

    /// Accepts a job.
    public func submit(_ submission: JobSubmission) throws(QueueError) -> (job: JobRecord, isRepeated: Bool) {
        defer { broadcast.send(ledger.takeChanges()) }
        return try ledger.submit(submission, in: &archive, at: clock())
    }

    /// The job, if `owner` has one of that name; any owner's if nil.
    public func job(_ id: JobIdentifier, owner: Owner?) throws(QueueError) -> JobRecord? {
        try ledger.job(id, owner: owner, in: archive)
    }

    /// Those that `filter` shows, newest first.
    public func jobs(_ filter: JobFilter) throws(QueueError) -> [JobRecord] { try ledger.jobs(filter, in: archive) }

    /// The place in the line of a waiting job, 0 for the next; nil if it does not wait.
    public func position(of id: JobIdentifier) -> Int? { ledger.position(of: id) }

    /// Takes the job that is to run next; see ``JobQueue``.
    public func lease(preferring models: Set<String>, seconds: Double) throws(QueueError) -> JobLease? {
        defer { broadcast.send(ledger.takeChanges()) }
        return try ledger.lease(preferring: models, seconds: seconds, in: &archive, at: clock())
    }

    /// Takes up to `limit` more jobs of the same batch; see ``JobQueue``.
    public func leaseCompanions(of lease: JobLease, limit: Int, seconds: Double) throws(QueueError) -> [JobLease] {
        defer { broadcast.send(ledger.takeChanges()) }
        return try ledger.leaseCompanions(of: lease, limit: limit, seconds: seconds, in: &archive, at: clock())
    }

    /// Says that the worker of `lease` is alive.
    public func extend(_ lease: JobLease, seconds: Double) throws(QueueError) -> LeaseStatus {
        try ledger.extend(lease, seconds: seconds, in: &archive, at: clock())
    }

    /// Ends the job; `false` if the lease was lost.
    public func finish(_ lease: JobLease, _ outcome: JobOutcome) throws(QueueError) -> Bool {
        defer { broadcast.send(ledger.takeChanges()) }
        return try ledger.finish(lease, outcome, in: &archive, at: clock())
    }

    /// Gives the job back unfinished.
    public func giveBack(_ lease: JobLease) throws(QueueError) {
        defer { broadcast.send(ledger.takeChanges()) }
        try ledger.giveBack(lease, in: &archive, at: clock())
    }

    /// Cancels: at once if it waits, within a step if it runs.
    public func cancel(_ id: JobIdentifier, owner: Owner?) throws(QueueError) -> JobRecord? {
        defer { broadcast.send(ledger.takeChanges()) }
        return try ledger.cancel(id, owner: owner, in: &archive, at: clock())
    }

    /// Ends leases and deadlines that are over, and forgets what ``Retention`` says.
    public func sweep(_ retention: Retention) throws(QueueError) -> [BlobDigest] {
        defer { broadcast.send(ledger.takeChanges()) }
        return try ledger.sweep(retention, in: &archive, at: clock())
    }

    /// How much waits and runs.
    public func depth() -> QueueDepth { ledger.depth(at: clock()) }

    /// Notes that `owner` has uploaded `image`.
    public func addUpload(_ image: StoredImage, owner: Owner) { archive.addUpload(image, owner: owner, at: clock()) }

    /// The upload or the result `digest`, if it is `owner`'s; any owner's if nil.
    public func image(_ digest: BlobDigest, owner: Owner?) -> StoredImage? { archive.image(digest, owner: owner) }

    /// Whether any job or upload refers to `digest`.
    public func isReferred(_ digest: BlobDigest) throws(QueueError) -> Bool {
        try ledger.isReferred(digest, in: archive)
    }

    /// Every change of a job's state from now on, in order.
    public nonisolated func changes() -> AsyncStream<JobRecord> { broadcast.stream() }
}
