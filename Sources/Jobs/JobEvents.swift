import Synchronization

/// What happened to a job.
public struct JobEvent: Sendable {
    /// What happened.
    public enum Kind: Sendable {
        /// It changed its state, or was asked to stop.
        case state(JobRecord)
        /// It came further.
        case progress(JobProgress)
        /// More has happened, to this job and to others, than was kept for a watcher that did not read: where the owner's jobs stand
        /// is to be read anew.
        case lagged
    }

    /// Which job, and whose.
    public let job: JobIdentifier, owner: Owner
    /// Grows with every event of a job, restarts included: a client that has seen it has seen all before it.
    public let sequence: Int64
    /// What happened.
    public let kind: Kind

    /// Whether nothing more will happen to the job.
    public var isTerminal: Bool { if case .state(let record) = kind { record.state.isTerminal } else { false } }
}

/// Tells everyone who watches what happens to jobs.
///
/// A watcher that reads slowly loses progress, of which only the newest per job waits for it. Of changes of state a bounded number
/// waits, then each job's newest, so that no end is lost; who watches more jobs than that is told that it lags behind. It slows
/// neither the worker nor other watchers.
public final class JobEvents: Sendable {
    /// What a watcher hears of.
    public enum Topic: Sendable {
        /// One job.
        case job(JobIdentifier)
        /// All jobs of an owner.
        case owner(Owner)
    }

    private let state = Mutex(State())

    private struct State {
        var watchers: [ObjectIdentifier: JobWatcher] = [:]
        var byJob: [JobIdentifier: Set<ObjectIdentifier>] = [:]
        var byOwner: [Owner: Set<ObjectIdentifier>] = [:]
        var running: [JobIdentifier: Running] = [:]

        func send(_ event: JobEvent) {
            for key in byJob[event.job] ?? [] { watchers[key]?.offer(event) }
            for key in byOwner[event.owner] ?? [] { watchers[key]?.offer(event) }
        }
    }

    /// What is remembered of a job that runs.
    private struct Running {
        var sequence: Int64
        let owner: Owner
        var progress: JobProgress?
    }

    /// Nothing has happened yet.
    public init() {}

    /// How many watch.
    public var watcherCount: Int { state.withLock(\.watchers.count) }

    /// Progress within an attempt is numbered from the attempt's own first number on; a change of state has one of its own,
    /// told by the state alone, so that numbers go on growing when the process has been restarted.
    private static func sequence(of record: JobRecord) -> Int64 {
        let attempt = Int64(record.lifecycle.attempt) << 32
        switch record.state {
        case .queued: return attempt
        case .running: return (attempt - (1 << 32)) + (record.lifecycle.isCancelRequested ? (1 << 31) : 1)
        default: return lastSequence
        }
    }

    /// That of a terminal state: the largest integer that JavaScript counts exactly.
    private static let lastSequence: Int64 = 1 << 53 - 1

    /// Tells that `record` has changed.
    public func publish(_ record: JobRecord) {
        state.withLock { state in
            let sequence = Self.sequence(of: record)
            if record.state == .running {
                let known = state.running[record.id]
                state.running[record.id] = Running(
                    sequence: max(sequence, known?.sequence ?? 0), owner: record.owner, progress: known?.progress)
            } else {
                state.running[record.id] = nil
            }
            state.send(JobEvent(job: record.id, owner: record.owner, sequence: sequence, kind: .state(record)))
        }
    }

    /// Tells how far `job` is, if it runs.
    public func publish(_ progress: JobProgress, of job: JobIdentifier) {
        state.withLock { state in
            guard var running = state.running[job] else { return }
            running.sequence += 1
            var kept = progress
            // A client that comes late is to see the last picture, too.
            kept.preview = progress.preview ?? running.progress?.preview
            running.progress = kept
            state.running[job] = running
            state.send(JobEvent(job: job, owner: running.owner, sequence: running.sequence, kind: .progress(progress)))
        }
    }

    /// How far `job` is; nil where it does not run or has not said.
    public func progress(of job: JobIdentifier) -> JobProgress? { state.withLock { $0.running[job]?.progress } }

    /// How far the jobs of `owner` that run are.
    public func progress(of owner: Owner) -> [JobIdentifier: JobProgress] {
        state.withLock { state in state.running.filter { $0.value.owner == owner }.compactMapValues(\.progress) }
    }

    /// Events from now on.
    ///
    /// A watcher that comes back with the number of the last event it saw reads the job's record first,
    /// which says all that it has missed: see ``current(_:after:)``. One who waits for an end need not be woken by progress.
    public func watch(_ topic: Topic, hearsProgress: Bool = true) -> JobEventSequence {
        let watcher = JobWatcher(hearsProgress: hearsProgress)
        state.withLock { state in
            state.watchers[ObjectIdentifier(watcher)] = watcher
            switch topic {
            case .job(let id): state.byJob[id, default: []].insert(ObjectIdentifier(watcher))
            case .owner(let owner): state.byOwner[owner, default: []].insert(ObjectIdentifier(watcher))
            }
        }
        return JobEventSequence(watcher) { [weak self] in self?.forget(watcher, topic) }
    }

    /// Where `record` stands, as the events that a client which has seen those up to `sequence` lacks.
    public func current(_ record: JobRecord, after sequence: Int64?) -> [JobEvent] {
        state.withLock { state in
            var events = [
                JobEvent(
                    job: record.id, owner: record.owner, sequence: Self.sequence(of: record), kind: .state(record))
            ]
            if let running = state.running[record.id], let progress = running.progress, !record.state.isTerminal {
                events.append(
                    JobEvent(
                        job: record.id, owner: record.owner, sequence: running.sequence, kind: .progress(progress)))
            }
            guard let sequence else { return events }
            return events.filter { $0.sequence > sequence }
        }
    }

    private func forget(_ watcher: JobWatcher, _ topic: Topic) {
        state.withLock { state in
            let key = ObjectIdentifier(watcher)
            state.watchers[key] = nil
            switch topic {
            case .job(let id):
                state.byJob[id]?.remove(key)
                if state.byJob[id]?.isEmpty == true { state.byJob[id] = nil }
            case .owner(let owner):
                state.byOwner[owner]?.remove(key)
                if state.byOwner[owner]?.isEmpty == true { state.byOwner[owner] = nil }
            }
        }
    }
}
