/// The life of one job, as a value: what may happen in which state, and what follows.
///
/// Both queues decide by it and only store what it says, so they cannot disagree.
public struct JobLifecycle: Equatable, Sendable {
    /// Where the job is.
    public private(set) var state: JobState
    /// How often a worker has taken it; a lease is held by the attempt's number, which fences off late results.
    public private(set) var attempt: Int
    /// How often a lease ended without a word from its worker.
    public private(set) var losses: Int
    /// When the lease ends, while running.
    public private(set) var leaseEnd: Timestamp?
    /// Whether whoever asked for it has asked a running worker to stop.
    public private(set) var isCancelRequested: Bool
    /// When it is no longer wanted.
    public let deadline: Timestamp?

    /// How many workers a job may lose before it is given up: what ends its worker each time must not end the pool.
    public static let mostLosses = 5

    /// A job that waits.
    public init(deadline: Timestamp?) {
        self.init(state: .queued, attempt: 0, losses: 0, leaseEnd: nil, isCancelRequested: false, deadline: deadline)
    }

    /// A job as the store has it.
    public init(
        state: JobState, attempt: Int, losses: Int, leaseEnd: Timestamp?, isCancelRequested: Bool,
        deadline: Timestamp?
    ) {
        self.state = state
        self.attempt = attempt
        self.losses = losses
        self.leaseEnd = leaseEnd
        self.isCancelRequested = isCancelRequested
        self.deadline = deadline
    }

    /// What can happen to a job.
    public enum Event: Equatable, Sendable {
        /// A worker takes it until `leaseEnd`.
        case lease(until: Timestamp)
        /// The worker of `attempt` is alive and wants the lease until `leaseEnd`.
        case heartbeat(attempt: Int, until: Timestamp)
        /// The worker of `attempt` gives it back unfinished, since it is shutting down: no loss.
        case giveBack(attempt: Int)
        /// The worker of `attempt` has an outcome in the terminal state `state`.
        case finish(attempt: Int, state: JobState)
        /// Whoever asked for it no longer wants it.
        case cancel
        /// Its worker is known to be gone, whenever the lease ends.
        case lose
        /// Time has passed: leases end and deadlines pass.
        case tick
    }

    /// What an event led to.
    public enum Effect: Equatable, Sendable {
        /// Nothing changed.
        case none
        /// The job changed: store it, and tell those who watch.
        case changed
        /// The event came from an attempt that no longer holds the lease, or too late: whoever sent it must stop.
        case refused
    }

    /// Lets `event` happen at `now`.
    public mutating func apply(_ event: Event, at now: Timestamp) -> Effect {
        switch event {
        case .lease(let end):
            guard state == .queued, !isPastDeadline(now) else { return .refused }
            state = .running
            attempt += 1
            leaseEnd = end
            return .changed
        case .heartbeat(let holder, let end):
            guard holds(holder) else { return .refused }
            leaseEnd = end
            return .changed
        case .giveBack(let holder):
            guard holds(holder) else { return .refused }
            guard !isCancelRequested else { return end(in: .cancelled) }
            state = .queued
            leaseEnd = nil
            return .changed
        case .finish(let holder, let outcome):
            guard holds(holder), outcome.isTerminal else { return .refused }
            return end(in: outcome)
        case .cancel:
            switch state {
            case .queued: return end(in: .cancelled)
            case .running where !isCancelRequested:
                isCancelRequested = true
                return .changed
            default: return .none
            }
        case .lose:
            return state == .running ? lose(now) : .none
        case .tick:
            return tick(now)
        }
    }

    private mutating func tick(_ now: Timestamp) -> Effect {
        switch state {
        case .queued where isPastDeadline(now): return end(in: .expired)
        case .running:
            guard let leaseEnd, leaseEnd <= now else { return .none }
            return lose(now)
        default: return .none
        }
    }

    private mutating func lose(_ now: Timestamp) -> Effect {
        guard !isCancelRequested else { return end(in: .cancelled) }
        guard !isPastDeadline(now) else { return end(in: .expired) }
        losses += 1
        guard losses < Self.mostLosses else { return end(in: .failed) }
        state = .queued
        leaseEnd = nil
        return .changed
    }

    private mutating func end(in terminal: JobState) -> Effect {
        state = terminal
        leaseEnd = nil
        isCancelRequested = false
        return .changed
    }

    private func holds(_ holder: Int) -> Bool { state == .running && holder == attempt }

    private func isPastDeadline(_ now: Timestamp) -> Bool { deadline.map { $0 <= now } ?? false }
}
