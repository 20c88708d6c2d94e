/// How a worker goes about jobs.
public struct WorkerSettings: Sendable {
    /// Seconds for which a job is held without a word; a third of them passes between two words.
    public var leaseSeconds = 30.0
    /// The longest time between two looks at the queue, which also tells when there is something new.
    public var pollInterval = Duration.seconds(1)
    /// How long running jobs may go on once the server shuts down; those that take longer are given back.
    public var gracePeriod = Duration.seconds(20)
    /// Whether the log says what jobs are asked to draw.
    public var logsPrompts = false

    /// As a server does unless told otherwise.
    public init() {}
}
