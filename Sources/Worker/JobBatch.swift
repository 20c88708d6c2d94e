import DaguerreJobs
import Logging
import ServiceLifecycle

/// Jobs that are run together, from their leases to their ends.
struct JobBatch: Sendable {
    private let worker: WorkerService
    private let held: HeldJobs

    /// How often it is tried to store how a job ended, and the seconds before the second time; then twice as many.
    private static let mostAttempts = 5, firstPause = 0.2

    init(_ worker: WorkerService, _ held: HeldJobs) {
        self.worker = worker
        self.held = held
    }

    /// Runs `leases`, which are held, until each has ended or was given back.
    func run(_ leases: [JobLease]) async {
        let isThrough = await withTaskGroup(of: Bool?.self) { group in
            group.addTask {
                await worker.runner.run(
                    leases, isCancelled: { held.isStopped($0) },
                    report: { [events = worker.events] in events.publish($1, of: $0) }, finish: { await finish($0, $1) }
                )
                return !Task.isCancelled
            }
            group.addTask {
                await keepLeases()
                return nil
            }
            group.addTask {
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: worker.settings.gracePeriod)
                    return false
                } catch {
                    // Cancelled, since the jobs have ended.
                    return nil
                }
            }
            for await end in group {
                guard let end else { continue }
                group.cancelAll()
                return end
            }
            return false
        }
        for lease in held.leases {
            if isThrough {
                await finish(
                    lease.job.id,
                    .failed(JobFailure(.internalError, "the worker ended the job without saying how; try it again")))
            } else if let lease = held.end(lease.job.id) {
                await giveBack(lease)
            }
        }
    }

    /// Says that the worker is alive, for as long as the task goes on.
    private func keepLeases() async {
        let interval = Duration.seconds(worker.settings.leaseSeconds / 3)
        // At once, too: a job may have been cancelled after it was leased and before it was held.
        repeat {
            for lease in held.leases {
                let id = lease.job.id
                do {
                    switch try await worker.queue.extend(lease, seconds: worker.settings.leaseSeconds) {
                    case .held: break
                    case .cancelRequested: held.stop(id, .cancelRequested)
                    case .lost: held.stop(id, .lost)
                    }
                } catch {
                    worker.logger.about(lease.job).error(
                        "a lease could not be extended", metadata: ["error": "\(error)"])
                }
            }
        } while (try? await Task.sleep(for: interval)) != nil  // Cancelled once the jobs have ended.
    }

    private func finish(_ id: JobIdentifier, _ outcome: JobOutcome) async {
        // What was lost is another's to end; its images, kept under their digests, are the same.
        guard let lease = held.end(id) else { return }
        // Not a child: the store is to hear of the end also where the batch is being cancelled.
        await Task { await store(lease, outcome) }.value
    }

    private func store(_ lease: JobLease, _ outcome: JobOutcome) async {
        var pause = Self.firstPause
        let logger = worker.logger.about(lease.job)
        for attempt in 1...Self.mostAttempts {
            do {
                let isTaken = try await worker.queue.finish(lease, outcome)
                logger.info(
                    isTaken ? "a job has ended" : "a job's end came too late: its lease was lost",
                    metadata: ["state": "\(outcome.state.rawValue)"])
                if isTaken, let usage = outcome.usage { worker.costs.learn(lease.job.request, usage) }
                return
            } catch {
                logger.error(
                    "how a job ended could not be stored; it will be run again unless the next attempt succeeds",
                    metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                try? await Task.sleep(for: .seconds(pause))  // Never cancelled: it is nobody's child.
                pause *= 2
            }
        }
    }

    private func giveBack(_ lease: JobLease) async {
        // Not a child, for the same reason.
        await Task {
            let logger = worker.logger.about(lease.job)
            do {
                try await worker.queue.giveBack(lease)
                logger.info("a job goes back to the queue")
            } catch {
                // Its lease runs out, and it is run again.
                logger.error("a job could not be given back", metadata: ["error": "\(error)"])
            }
        }.value
    }
}
