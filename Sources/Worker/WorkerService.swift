public import DaguerreJobs
public import Logging
public import ServiceLifecycle

/// Takes one batch of jobs after another from a queue, and has a runner do them.
///
/// While jobs run it keeps their leases, hears of those that are cancelled, and tells how far they are. When the server
/// shuts down it takes no more; what does not end within the grace period goes back to the queue as it was.
public struct WorkerService: Service {
    let queue: any JobQueue
    let runner: any JobRunner
    let events: JobEvents
    let costs: CostModel
    let settings: WorkerSettings
    let logger: Logger

    /// Does the jobs of `queue` by `runner`; `events` is told of progress, and `costs` of how long jobs took.
    public init(
        _ queue: any JobQueue, _ runner: any JobRunner, _ events: JobEvents, costs: CostModel = CostModel(),
        settings: WorkerSettings = WorkerSettings(), logger: Logger
    ) {
        self.queue = queue
        self.runner = runner
        self.events = events
        self.costs = costs
        self.settings = settings
        self.logger = logger
    }

    /// Works until the server shuts down or the task is cancelled.
    public func run() async {
        let held = HeldJobs()
        let changes = queue.changes()
        // One ring is kept for whoever is busy; more would wake it for nothing.
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await record in changes {
                    if record.state == .queued { bell.yield() }
                    if record.lifecycle.isCancelRequested { held.stop(record.id, .cancelRequested) }
                }
            }
            group.addTask { [settings] in
                while !Task.isCancelled {
                    bell.yield()
                    // It ends early only with the worker.
                    try? await Task.sleep(for: settings.pollInterval)
                }
            }
            await withGracefulShutdownHandler {
                for await _ in rings { await emptyQueue(held) }
            } onGracefulShutdown: {
                bell.finish()
            }
            group.cancelAll()
        }
    }

    /// Does what waits until nothing does.
    private func emptyQueue(_ held: HeldJobs) async {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                let resident = await runner.residentModels
                guard let lease = try await queue.lease(preferring: resident, seconds: settings.leaseSeconds) else {
                    return
                }
                let leases = [lease] + (await companions(of: lease))
                held.hold(leases)
                for lease in leases { logBeginning(of: lease.job) }
                await JobBatch(self, held).run(leases)
            } catch {
                logger.error("no job could be taken from the queue", metadata: ["error": "\(error)"])
                return
            }
        }
    }

    /// Says that `job` begins; what it is to draw is nobody's business, unless the administrator asks.
    private func logBeginning(of job: JobRecord) {
        var metadata = Logger.Metadata()
        if settings.logsPrompts {
            metadata["prompt"] = "\(job.request.prompt.oneLine(atMost: Self.mostPromptCharacters))"
            metadata["negative_prompt"] = "\(job.request.negativePrompt.oneLine(atMost: Self.mostPromptCharacters))"
        }
        logger.about(job).info("a job begins", metadata: metadata)
    }

    private static let mostPromptCharacters = 1000

    /// Without them the job is done alone.
    private func companions(of lease: JobLease) async -> [JobLease] {
        let request = lease.job.request
        let room = await runner.batchLimit(for: request) - request.count
        guard room > 0 else { return [] }
        do {
            return try await queue.leaseCompanions(of: lease, limit: room, seconds: settings.leaseSeconds)
        } catch {
            logger.error("no companions could be taken from the queue", metadata: ["error": "\(error)"])
            return []
        }
    }
}
