import DaguerreJobs
import Synchronization

/// Does nothing for as many steps as a job asks for, a hundredth of a second each; a prompt says how that ends.
final class StubRunner: JobRunner {
    private let log = Mutex<[String]>([])
    private let limit = Mutex(1)

    /// Jobs of one image are computed so many at once from now on.
    func allow(_ batchLimit: Int) { limit.withLock { $0 = batchLimit } }

    func batchLimit(for request: JobRequest) -> Int { limit.withLock { $0 } }

    /// What was begun and ended, in order.
    var events: [String] { log.withLock { $0 } }

    /// Waits until `event` has happened.
    func wait(for event: String) async throws {
        while !events.contains(event) { try await Task.sleep(for: .milliseconds(2)) }
    }

    var residentModels: Set<String> { ["stub"] }

    func run(
        _ jobs: [JobLease], isCancelled: @escaping @Sendable (JobIdentifier) -> Bool,
        report: @escaping @Sendable (JobIdentifier, JobProgress) -> Void,
        finish: @escaping @Sendable (JobIdentifier, JobOutcome) async -> Void
    ) async {
        note("batch of \(jobs.count)")
        for lease in jobs {
            let (id, request) = (lease.job.id, lease.job.request)
            note("begin \(request.prompt)")
            if request.prompt == "forgotten" { continue }
            let steps = request.steps ?? 1
            var isStopped = false
            for step in 1...steps where !isStopped {
                try? await Task.sleep(for: .milliseconds(10))
                guard !Task.isCancelled else { return note("abandon \(request.prompt)") }
                isStopped = isCancelled(id)
                report(id, JobProgress(.denoising, step: step, steps: steps))
                note("step \(step) \(request.prompt)")
            }
            let usage = JobUsage(stages: [.init("denoise", seconds: 5)], steps: steps, peakBytes: 1)
            await finish(id, isStopped ? .cancelled : .succeeded([], usage))
            note("end \(request.prompt)")
        }
    }

    private func note(_ event: String) { log.withLock { $0.append(event) } }
}
