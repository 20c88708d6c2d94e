import DaguerreAccess
public import DaguerreJobs
public import DaguerreRegistry

/// What every interface does with jobs and images: the one core behind all of them.
///
/// Whatever a caller names is looked up as theirs; what is another's does not exist for them.
public struct JobService: Sendable {
    /// Where jobs wait and are remembered.
    public let queue: any JobQueue
    /// Where bytes are kept.
    public let blobs: any BlobStore
    /// Tells what happens to jobs.
    public let events: JobEvents
    /// The models and adapters that requests may name.
    public let registry: any ModelRegistry
    /// The names that the engine understands.
    public let vocabulary: EngineVocabulary
    /// What requests may ask for.
    public let limits: RequestLimits
    /// Whether the server is about to end.
    public let draining: Draining
    /// Whether pictures at which no safety checker has looked are kept back: a policy is in force now and was not then.
    let withholdsUnjudged: Bool
    let intake: ImageIntake
    private let estimate: @Sendable (JobRequest) -> Double

    /// A service over a queue and a store.
    ///
    /// - Parameters:
    ///   - withholdsUnjudged: whether pictures that were drawn without a safety policy are as if they were not there.
    ///   - estimate: seconds of computing that a request is thought to take, every choice in it made.
    public init(
        queue: any JobQueue, blobs: any BlobStore, events: JobEvents, registry: any ModelRegistry,
        vocabulary: EngineVocabulary, limits: RequestLimits, draining: Draining = Draining(),
        withholdsUnjudged: Bool = false,
        estimate: @escaping @Sendable (JobRequest) -> Double
    ) {
        self.queue = queue
        self.blobs = blobs
        self.events = events
        self.registry = registry
        self.vocabulary = vocabulary
        self.limits = limits
        self.draining = draining
        self.withholdsUnjudged = withholdsUnjudged
        self.estimate = estimate
        intake = ImageIntake()
    }

    /// Accepts a job: makes every choice that decides the picture, and checks that everything the request names is there.
    ///
    /// - Returns: the job, and whether an earlier submission of the same idempotency key had made it.
    /// - Throws: ``RequestError`` naming the field at fault; ``QueueError`` where there is no room.
    public func submit(
        _ request: JobRequest, by caller: Caller, _ options: SubmitOptions = SubmitOptions()
    ) async throws -> (job: JobRecord, isRepeated: Bool) {
        let request = try await completed(request, for: caller)
        var submission = JobSubmission(
            request, owner: caller.owner, bodyDigest: options.bodyDigest, estimatedSeconds: estimate(request))
        submission.priority = options.priority
        submission.deadline = options.deadline
        submission.idempotencyKey = options.idempotencyKey
        submission.allowance = caller.allowance
        submission.trace = caller.trace
        return try await queue.submit(submission)
    }

    /// The job of that name.
    ///
    /// - Throws: ``GatewayError/notFound(_:)`` unless it is the caller's.
    public func job(_ id: JobIdentifier, for caller: Caller) async throws -> JobRecord {
        guard let record = try await queue.job(id, owner: caller.visible) else { throw GatewayError.noJob(id) }
        return record
    }

    /// The caller's jobs, newest first.
    ///
    /// - Parameter before: the last of the page before this one.
    public func jobs(
        of caller: Caller, states: Set<JobState> = [], before: JobIdentifier? = nil, limit: Int = 50
    ) async throws -> [JobRecord] {
        var filter = JobFilter(owner: caller.owner)
        filter.states = states
        filter.before = before
        filter.limit = limit
        return try await queue.jobs(filter)
    }

    /// Cancels a job: at once if it waits, within a step if it runs.
    ///
    /// - Returns: the job after that; one that has ended already stays as it is.
    /// - Throws: ``GatewayError/notFound(_:)`` unless it is the caller's.
    public func cancel(_ id: JobIdentifier, by caller: Caller) async throws -> JobRecord {
        guard let record = try await queue.cancel(id, owner: caller.visible) else { throw GatewayError.noJob(id) }
        return record
    }

    /// What happens to one job: what the caller has missed since the event `after`, and everything from now on.
    public func watch(
        _ id: JobIdentifier, by caller: Caller, after: Int64? = nil
    ) async throws -> (missed: [JobEvent], coming: JobEventSequence) {
        // Watching begins before the record is read, so that nothing falls between them.
        let coming = events.watch(.job(id))
        return (events.current(try await job(id, for: caller), after: after), coming)
    }

    /// What happens to all jobs of the caller: where those stand that have not ended, and everything from now on.
    public func watch(by caller: Caller) async throws -> (current: [JobEvent], coming: JobEventSequence) {
        let coming = events.watch(.owner(caller.owner))
        let unfinished = try await jobs(of: caller, states: [.queued, .running], limit: 100)
        return (unfinished.reversed().flatMap { events.current($0, after: nil) }, coming)
    }
}
