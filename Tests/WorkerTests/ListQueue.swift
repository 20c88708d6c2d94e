import DaguerreJobs
import Synchronization

/// The plainest queue that there can be: first come, first served, in a list.
///
/// It decides by `JobLifecycle`, as all do.
final class ListQueue: JobQueue {
    private struct State {
        var jobs: [JobRecord] = []
        var readers: [AsyncStream<JobRecord>.Continuation] = []
        /// How many of the next calls of each kind fail.
        var failingFinishes = 0, failingLeases = 0
        var extensions = 0
        var outcomes: [JobIdentifier: Int] = [:]
    }

    private let state = Mutex(State())

    /// Lets so many of the next calls fail, as a full disk would.
    func fail(finishes: Int = 0, leases: Int = 0) {
        state.withLock { ($0.failingFinishes, $0.failingLeases) = (finishes, leases) }
    }

    /// How often a lease was extended.
    var extensions: Int { state.withLock { $0.extensions } }

    /// How many outcomes were taken for each job.
    var outcomes: [JobIdentifier: Int] { state.withLock { $0.outcomes } }

    func record(_ id: JobIdentifier) -> JobRecord? { state.withLock { $0.jobs.first { $0.id == id } } }

    /// Takes a job away from its worker, as if its lease had run out.
    func lose(_ id: JobIdentifier) { change(id, .tick, at: Timestamp(milliseconds: .max)) }

    @discardableResult
    private func change(
        _ id: JobIdentifier, _ event: JobLifecycle.Event, _ outcome: JobOutcome? = nil, at now: Timestamp = .now()
    ) -> (effect: JobLifecycle.Effect, record: JobRecord)? {
        let (result, readers) = state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.id == id }) else {
                return (nil as (JobLifecycle.Effect, JobRecord)?, [AsyncStream<JobRecord>.Continuation]())
            }
            let effect = state.jobs[index].lifecycle.apply(event, at: now)
            if effect == .changed, let outcome {
                state.jobs[index].outcome = outcome
                state.outcomes[id, default: 0] += 1
            }
            return ((effect, state.jobs[index]), effect == .changed ? state.readers : [])
        }
        if let record = result?.1 { for reader in readers { reader.yield(record) } }
        return result.map { ($0.0, $0.1) }
    }

    func submit(_ submission: JobSubmission) throws(QueueError) -> (job: JobRecord, isRepeated: Bool) {
        let record = JobRecord(submission, id: JobIdentifier(at: .now()), at: .now())
        let readers = state.withLock { state in
            state.jobs.append(record)
            return state.readers
        }
        for reader in readers { reader.yield(record) }
        return (record, false)
    }

    func lease(preferring models: Set<String>, seconds: Double) throws(QueueError) -> JobLease? {
        let isFailing = state.withLock { state in
            state.failingLeases -= 1
            return state.failingLeases >= 0
        }
        if isFailing { throw .storage("the disk is full") }
        while let next = state.withLock({ $0.jobs.first { $0.state == .queued }?.id }) {
            guard let (effect, record) = change(next, .lease(until: .now() + seconds)), effect == .changed else {
                continue
            }
            return JobLease(record, attempt: record.lifecycle.attempt)
        }
        return nil
    }

    func leaseCompanions(of lease: JobLease, limit: Int, seconds: Double) throws(QueueError) -> [JobLease] {
        var leases: [JobLease] = []
        while leases.count < limit, let next = try self.lease(preferring: [], seconds: seconds) { leases.append(next) }
        return leases
    }

    func extend(_ lease: JobLease, seconds: Double) throws(QueueError) -> LeaseStatus {
        state.withLock { $0.extensions += 1 }
        let event = JobLifecycle.Event.heartbeat(attempt: lease.attempt, until: .now() + seconds)
        guard let (effect, record) = change(lease.job.id, event), effect == .changed else { return .lost }
        return record.lifecycle.isCancelRequested ? .cancelRequested : .held
    }

    func finish(_ lease: JobLease, _ outcome: JobOutcome) throws(QueueError) -> Bool {
        let isFailing = state.withLock { state in
            state.failingFinishes -= 1
            return state.failingFinishes >= 0
        }
        if isFailing { throw .storage("the disk is full") }
        return change(lease.job.id, .finish(attempt: lease.attempt, state: outcome.state), outcome)?.effect == .changed
    }

    func giveBack(_ lease: JobLease) throws(QueueError) { change(lease.job.id, .giveBack(attempt: lease.attempt)) }

    func cancel(_ id: JobIdentifier, owner: Owner?) throws(QueueError) -> JobRecord? { change(id, .cancel)?.record }

    func changes() -> AsyncStream<JobRecord> {
        let (stream, continuation) = AsyncStream.makeStream(of: JobRecord.self)
        state.withLock { $0.readers.append(continuation) }
        return stream
    }

    func job(_ id: JobIdentifier, owner: Owner?) throws(QueueError) -> JobRecord? { record(id) }
    func jobs(_ filter: JobFilter) throws(QueueError) -> [JobRecord] { state.withLock { $0.jobs } }
    func position(of id: JobIdentifier) throws(QueueError) -> Int? { nil }
    func sweep(_ retention: Retention) throws(QueueError) -> [BlobDigest] { [] }
    func depth() throws(QueueError) -> QueueDepth { QueueDepth() }
    func addUpload(_ image: StoredImage, owner: Owner) throws(QueueError) {}
    func image(_ digest: BlobDigest, owner: Owner?) throws(QueueError) -> StoredImage? { nil }
    func isReferred(_ digest: BlobDigest) throws(QueueError) -> Bool { false }
}
