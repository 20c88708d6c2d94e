import DaguerreJobs
import Synchronization

/// The jobs that a worker holds, and which of them it is to stop.
final class HeldJobs: Sendable {
    /// What becomes of a job that is held.
    enum Status: Sendable {
        case running
        /// Whoever asked for it no longer wants it.
        case cancelRequested
        /// Another holds it, or it has ended.
        case lost
    }

    private let jobs = Mutex<[JobIdentifier: (lease: JobLease, status: Status)]>([:])

    /// Those that have not ended.
    var leases: [JobLease] { jobs.withLock { $0.values.map(\.lease) } }

    /// Takes up `leases`.
    func hold(_ leases: [JobLease]) {
        jobs.withLock { jobs in for lease in leases { jobs[lease.job.id] = (lease, .running) } }
    }

    /// Whether the work on `id` is to stop.
    func isStopped(_ id: JobIdentifier) -> Bool {
        jobs.withLock { jobs in jobs[id].map { if case .running = $0.status { false } else { true } } ?? true }
    }

    /// Notes that `id`, if it is held, is to stop.
    func stop(_ id: JobIdentifier, _ status: Status) { jobs.withLock { $0[id]?.status = status } }

    /// Takes `id` out, since it has ended; nil where it was lost or has ended before.
    func end(_ id: JobIdentifier) -> JobLease? {
        jobs.withLock { jobs in
            guard let job = jobs.removeValue(forKey: id) else { return nil }
            if case .lost = job.status { return nil }
            return job.lease
        }
    }
}
