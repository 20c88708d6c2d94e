/// What is handed to a queue.
public struct JobSubmission: Sendable {
    /// Who asks.
    public var owner: Owner
    /// What for; the seed is chosen.
    public var request: JobRequest
    /// How urgent.
    public var priority = JobPriority.normal
    /// When it is no longer wanted.
    public var deadline: Timestamp?
    /// The client's own name for the submission: the same name and body within a day is the same job.
    public var idempotencyKey: String?
    /// Digest of the body as the client sent it, compared where the idempotency key is known already.
    public var bodyDigest: String
    /// Seconds of computing that it is thought to take.
    public var estimatedSeconds: Double
    /// The request that it came with.
    public var trace: JobTrace?
    /// What the owner may have; checked in the transaction that accepts the job, so no race passes it.
    public var allowance = Allowance()

    /// What an owner may have at once and over time; nil is without limit.
    public struct Allowance: Equatable, Sendable {
        /// Jobs that wait or run.
        public var unfinishedJobs: Int?
        /// Seconds of computing in any 24 hours, those of waiting and running jobs estimated.
        public var secondsPerDay: Double?

        /// What an owner may have.
        public init(unfinishedJobs: Int? = nil, secondsPerDay: Double? = nil) {
            self.unfinishedJobs = unfinishedJobs
            self.secondsPerDay = secondsPerDay
        }
    }

    /// A submission of `request` by `owner`.
    public init(_ request: JobRequest, owner: Owner, bodyDigest: String = "", estimatedSeconds: Double = 1) {
        self.request = request
        self.owner = owner
        self.bodyDigest = bodyDigest
        self.estimatedSeconds = estimatedSeconds
    }
}

/// A job that a worker holds.
public struct JobLease: Equatable, Sendable {
    /// The job as it was when it was leased.
    public let job: JobRecord
    /// The attempt that holds it.
    public let attempt: Int

    /// The lease of `job` by `attempt`.
    public init(_ job: JobRecord, attempt: Int) {
        self.job = job
        self.attempt = attempt
    }
}

/// What a worker hears when it says that it is alive.
public enum LeaseStatus: Equatable, Sendable {
    /// Go on.
    case held
    /// Stop, and finish as cancelled.
    case cancelRequested
    /// Another holds the job, or it has ended: stop, nothing will be taken from you.
    case lost
}

/// How much waits and runs.
public struct QueueDepth: Equatable, Sendable {
    /// Jobs that wait, by priority.
    public var queued: [JobPriority: Int] = [:]
    /// Jobs that run.
    public var running = 0
    /// Seconds of computing that waiting and running jobs are thought to take yet.
    public var backlogSeconds = 0.0

    /// Nothing waits or runs.
    public init() {}
}

/// Whose image or upload something is, and what.
public struct StoredImage: Equatable, Sendable {
    /// Its bytes in the blob store.
    public let digest: BlobDigest
    /// `image/png`, `image/jpeg` or `image/webp`.
    public let mediaType: String
    /// Of the file.
    public let byteCount: Int
    /// Pixels.
    public let width, height: Int
    /// Whether a model drew it and no safety checker has looked at it.
    public let isUnjudged: Bool

    /// A file in the blob store.
    public init(
        digest: BlobDigest, mediaType: String, byteCount: Int, width: Int, height: Int, isUnjudged: Bool = false
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.byteCount = byteCount
        self.width = width
        self.height = height
        self.isUnjudged = isUnjudged
    }
}

/// How long things are kept after the end of the job, or of the upload.
public struct Retention: Equatable, Sendable {
    /// Seconds for which finished jobs and their images are kept; for a day nobody sees any longer how each ended and what it
    /// took, so that daily budgets and idempotency keys hold.
    public var jobs = 7 * 86400.0
    /// Seconds for which uploads are kept that no unfinished job needs.
    public var uploads = 86400.0
    /// Seconds for which an idempotency key is known.
    public var idempotencyKeys = 86400.0

    /// A week for jobs, a day for the rest.
    public init() {}
}

/// Which jobs a list shows.
public struct JobFilter: Equatable, Sendable {
    /// Whose.
    public var owner: Owner
    /// In which states; all if empty.
    public var states: Set<JobState> = []
    /// Older than this one.
    public var before: JobIdentifier?
    /// At most so many, newest first.
    public var limit = 50

    /// Every job of `owner`.
    public init(owner: Owner) { self.owner = owner }
}

/// Accepts jobs, hands them to workers, and remembers what became of them.
///
/// An accepted job reaches exactly one terminal state through any crash. Implementations decide by ``JobLifecycle`` and
/// ``FairShare`` only, and pass one conformance suite.
public protocol JobQueue: Sendable {
    /// Accepts a job; once this returns, a crash does not lose it.
    ///
    /// - Returns: the job, and whether an earlier submission of the same idempotency key had made it.
    /// - Throws: ``QueueError``.
    func submit(_ submission: JobSubmission) async throws(QueueError) -> (job: JobRecord, isRepeated: Bool)
    /// The job, if `owner` has one of that name; any owner's if nil.
    func job(_ id: JobIdentifier, owner: Owner?) async throws(QueueError) -> JobRecord?
    /// Those that `filter` shows, newest first.
    func jobs(_ filter: JobFilter) async throws(QueueError) -> [JobRecord]
    /// The place in the line of a waiting job, 0 for the next; nil if it does not wait.
    func position(of id: JobIdentifier) async throws(QueueError) -> Int?
    /// Takes the job that is to run next, for so many seconds; nil if none waits.
    ///
    /// - Parameter models: names of models that the worker has at hand. Among the jobs of the owner whose turn it is,
    ///   one of these is preferred to an older one that is no more than a minute older.
    func lease(preferring models: Set<String>, seconds: Double) async throws(QueueError) -> JobLease?
    /// Takes the jobs that are to run next as long as they may be computed together with `lease`'s, whosever they are: their
    /// ``JobRequest/batchKey`` equals its own, and they have no more than `limit` images together.
    ///
    /// It ends with the first that may not, so that no job passes another by it.
    func leaseCompanions(of lease: JobLease, limit: Int, seconds: Double) async throws(QueueError) -> [JobLease]
    /// Says that the worker of `lease` is alive.
    func extend(_ lease: JobLease, seconds: Double) async throws(QueueError) -> LeaseStatus
    /// Ends the job; `false` if the lease was lost, and then nothing is changed.
    func finish(_ lease: JobLease, _ outcome: JobOutcome) async throws(QueueError) -> Bool
    /// Gives the job back unfinished, without counting the attempt: the worker is shutting down.
    func giveBack(_ lease: JobLease) async throws(QueueError)
    /// Cancels: at once if it waits, within a step if it runs.
    ///
    /// - Returns: the job after that; nil if `owner` has none of that name.
    func cancel(_ id: JobIdentifier, owner: Owner?) async throws(QueueError) -> JobRecord?
    /// Ends leases and deadlines that are over, and forgets what ``Retention`` says.
    ///
    /// - Returns: blobs that nothing refers to any longer.
    func sweep(_ retention: Retention) async throws(QueueError) -> [BlobDigest]
    /// How much waits and runs.
    func depth() async throws(QueueError) -> QueueDepth
    /// Notes that `owner` has uploaded `image`, whose bytes are in the blob store.
    func addUpload(_ image: StoredImage, owner: Owner) async throws(QueueError)
    /// The upload or the result `digest`, if it is `owner`'s; any owner's if nil. What is both is an upload, and what was
    /// drawn more than once is judged if it was so once.
    func image(_ digest: BlobDigest, owner: Owner?) async throws(QueueError) -> StoredImage?
    /// Whether any job or upload refers to `digest`.
    func isReferred(_ digest: BlobDigest) async throws(QueueError) -> Bool
    /// Every change of a job's state from now on, in order; for those who tell watchers and wake workers.
    ///
    /// A reader that does not keep up loses the oldest changes, never the newest.
    func changes() -> AsyncStream<JobRecord>
}

/// Why a queue did not do what it was asked for.
public enum QueueError: Error, Equatable, Sendable {
    /// Too much waits already; room is likely after so many seconds.
    case full(retryAfterSeconds: Double)
    /// The owner has as many unfinished jobs as it may.
    case tooManyUnfinished(limit: Int)
    /// The owner has used its computing time for now; more is free after so many seconds.
    case budgetSpent(secondsPerDay: Double, retryAfterSeconds: Double)
    /// The idempotency key was used with another body.
    case idempotencyConflict
    /// The store cannot be written or read.
    case storage(String)
}
