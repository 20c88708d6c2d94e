public import DaguerreJobs

/// What goes with a request beside what is to be drawn.
public struct SubmitOptions: Sendable {
    /// How urgent.
    public var priority: JobPriority
    /// When it is no longer wanted.
    public var deadline: Timestamp?
    /// The client's own name for the submission: the same name and body within a day is the same job.
    public var idempotencyKey: String?
    /// Digest of what the client asked for; it matters only beside an idempotency key.
    public var bodyDigest: String

    /// Of normal urgency, unless said otherwise.
    public init(
        priority: JobPriority = .normal, deadline: Timestamp? = nil, idempotencyKey: String? = nil,
        bodyDigest: String = ""
    ) {
        self.priority = priority
        self.deadline = deadline
        self.idempotencyKey = idempotencyKey
        self.bodyDigest = bodyDigest
    }
}
