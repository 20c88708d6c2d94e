/// A job as the store has it.
public struct JobRecord: Equatable, Sendable {
    /// Its name.
    public let id: JobIdentifier
    /// Who asked for it.
    public let owner: Owner
    /// What is asked for, with every choice made that decides the picture, the seed among them: a second run draws the same.
    public let request: JobRequest
    /// How urgent.
    public let priority: JobPriority
    /// Where it is in its life.
    public var lifecycle: JobLifecycle
    /// When it was accepted, first begun, and ended.
    public var submitted: Timestamp, started: Timestamp?, finished: Timestamp?
    /// Seconds of computing that it was thought to take when it was accepted.
    public let estimatedSeconds: Double
    /// The request that it came with.
    public let trace: JobTrace?
    /// How it ended; `nil` while it has not, and for states that say it all.
    public var outcome: JobOutcome?

    /// Where it is.
    public var state: JobState { lifecycle.state }

    /// A job that has just been accepted.
    public init(_ submission: JobSubmission, id: JobIdentifier, at now: Timestamp) {
        self.id = id
        owner = submission.owner
        request = submission.request
        priority = submission.priority
        lifecycle = JobLifecycle(deadline: submission.deadline)
        submitted = now
        estimatedSeconds = submission.estimatedSeconds
        trace = submission.trace
    }

    /// A job as a store has it.
    public init(
        id: JobIdentifier, owner: Owner, request: JobRequest, priority: JobPriority, lifecycle: JobLifecycle,
        submitted: Timestamp, started: Timestamp?, finished: Timestamp?, estimatedSeconds: Double,
        trace: JobTrace? = nil, outcome: JobOutcome?
    ) {
        self.id = id
        self.owner = owner
        self.request = request
        self.priority = priority
        self.lifecycle = lifecycle
        self.submitted = submitted
        self.started = started
        self.finished = finished
        self.estimatedSeconds = estimatedSeconds
        self.trace = trace
        self.outcome = outcome
    }
}
