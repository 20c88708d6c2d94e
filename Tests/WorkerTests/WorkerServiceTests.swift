import DaguerreJobs
import DaguerreWorker
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// The loop that leases, runs and ends jobs.
@Suite struct WorkerServiceTests {
    private let queue = ListQueue()
    private let runner = StubRunner()
    private let events = JobEvents()
    private let costs = CostModel()

    private func submit(_ prompt: String, steps: Int = 1) throws -> JobIdentifier {
        var request = JobRequest(prompt)
        request.steps = steps
        return try queue.submit(JobSubmission(request, owner: .local)).job.id
    }

    /// Runs a worker in a service group while `body` goes on, then shuts it down gracefully and waits for its end.
    private func work(
        leaseSeconds: Double = 0.3, batchLimit: Int = 1, gracePeriod: Duration = .seconds(10),
        logger: Logger = Bench.logger,
        _ body: (_ shutDown: @Sendable () async -> Void) async throws -> Void
    ) async throws {
        var settings = WorkerSettings()
        settings.leaseSeconds = leaseSeconds
        runner.allow(batchLimit)
        settings.gracePeriod = gracePeriod
        settings.pollInterval = .milliseconds(20)
        let worker = WorkerService(queue, runner, events, costs: costs, settings: settings, logger: logger)
        // The relay goes down last.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: ChangeRelay(queue, events), successTerminationBehavior: .ignore),
                    .init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: Bench.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body { await group.triggerGracefulShutdown() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func wait(_ id: JobIdentifier, _ state: JobState) async throws {
        for _ in 0..<2000 {
            if queue.record(id)?.state == state { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the job is \(String(describing: queue.record(id)?.state)), expected \(state)")
    }

    @Test func jobsAreDoneOneAfterAnotherAndTheirTimeIsLearnt() async throws {
        let first = try submit("first", steps: 2)
        try await work { _ in
            try await wait(first, .succeeded)
            let second = try submit("second")
            try await wait(second, .succeeded)
            #expect(queue.outcomes == [first: 1, second: 1])
        }
        #expect(
            runner.events.filter { !$0.hasPrefix("step") } == [
                "batch of 1", "begin first", "end first", "batch of 1", "begin second", "end second",
            ])
        var request = JobRequest("first")
        request.steps = 1
        #expect(costs.seconds(for: request) != CostModel().seconds(for: request))
    }

    @Test func linesOfAJobCarryTheRequestThatItCameWith() async throws {
        let log = CapturedLog()
        var submission = JobSubmission(JobRequest("traced"), owner: .local)
        submission.trace = JobTrace(requestID: "r-1", traceID: "abc", parentID: "def")
        let id = try queue.submit(submission).job.id
        queue.fail(finishes: 1)
        try await work(logger: log.logger) { _ in try await wait(id, .succeeded) }
        let failing = "how a job ended could not be stored; it will be run again unless the next attempt succeeds"
        for line in [log.all(failing).first, log.all("a job has ended").first] {
            #expect(line?["job"] == id.description && line?["request_id"] == "r-1")
            #expect(line?["trace_id"] == "abc" && line?["parent_span_id"] == "def")
        }
    }

    @Test func companionsAreRunInOneBatch() async throws {
        let ids = try ["a", "b", "c", "d"].map { try submit($0) }
        try await work(batchLimit: 3) { _ in for id in ids { try await wait(id, .succeeded) } }
        #expect(runner.events.filter { $0.hasPrefix("batch") } == ["batch of 3", "batch of 1"])
    }

    @Test func aLongJobsLeaseIsKeptAndItsProgressTold() async throws {
        let id = try submit("long", steps: 60)
        let watching = events.watch(.job(id))
        try await work(leaseSeconds: 0.15) { _ in
            try await wait(id, .succeeded)
            #expect(queue.record(id)?.lifecycle.attempt == 1)
            #expect(queue.extensions >= 6)
        }
        var steps: [Int] = []
        var states: [JobState] = []
        for await event in watching {
            switch event.kind {
            case .progress(let progress): steps.append(progress.step)
            case .state(let record): states.append(record.state)
            case .lagged: break
            }
            if event.isTerminal { break }
        }
        #expect(states.last == .succeeded)
        // A reader that comes late hears of the newest step.
        #expect(steps.contains(60))
    }

    @Test func aRunningJobIsStoppedWithinAStep() async throws {
        let id = try submit("endless", steps: 100_000)
        try await work(leaseSeconds: 60) { _ in
            try await runner.wait(for: "step 5 endless")
            let before = runner.events.count
            _ = try queue.cancel(id, owner: nil)
            try await wait(id, .cancelled)
            #expect(runner.events.count - before <= 3)
        }
    }

    @Test func aJobCancelledBetweenItsLeaseAndItsStartIsStopped() async throws {
        let id = try submit("endless", steps: 100_000)
        // Only what the lease's own extension says tells of it: the change came before the worker listened.
        guard let lease = try queue.lease(preferring: [], seconds: 60) else {
            Issue.record("there is no lease")
            return
        }
        try queue.giveBack(lease)
        try await work(leaseSeconds: 0.3) { _ in
            try await runner.wait(for: "step 1 endless")
            _ = try queue.cancel(id, owner: nil)
            try await wait(id, .cancelled)
        }
        #expect(queue.outcomes[id] == 1)
    }

    @Test func whatComesAfterTheLeaseWasLostIsDiscarded() async throws {
        let id = try submit("lost", steps: 40)
        try await work(leaseSeconds: 60) { _ in
            try await runner.wait(for: "step 2 lost")
            queue.lose(id)
            // The first attempt ends too late; the second one's end is the job's.
            try await wait(id, .succeeded)
        }
        #expect(queue.record(id)?.lifecycle.attempt == 2)
        #expect(queue.outcomes[id] == 1)
    }

    @Test func aJobThatTheRunnerForgetsFails() async throws {
        let id = try submit("forgotten")
        try await work { _ in try await wait(id, .failed) }
        guard case .failed(let failure) = queue.record(id)?.outcome else {
            Issue.record("it has no outcome")
            return
        }
        #expect(failure.code == .internalError)
    }

    @Test func aStoreThatFailsForAWhileLosesNothing() async throws {
        let id = try submit("patient")
        queue.fail(finishes: 2, leases: 3)
        try await work { _ in try await wait(id, .succeeded) }
        #expect(queue.outcomes[id] == 1)
    }

    @Test func shuttingDownLetsShortJobsEndAndTakesNoMore() async throws {
        let running = try submit("running", steps: 20)
        let waiting = try submit("waiting")
        try await work { shutDown in
            try await runner.wait(for: "step 2 running")
            await shutDown()
        }
        #expect(queue.record(running)?.state == .succeeded)
        #expect(queue.record(waiting)?.state == .queued)
        #expect(queue.record(waiting)?.lifecycle.attempt == 0)
    }

    @Test func shuttingDownGivesLongJobsBack() async throws {
        let ids = [try submit("endless", steps: 100_000), try submit("companion")]
        let clock = ContinuousClock()
        let start = clock.now
        try await work(leaseSeconds: 60, batchLimit: 2, gracePeriod: .milliseconds(50)) { shutDown in
            try await runner.wait(for: "step 2 endless")
            await shutDown()
        }
        #expect(clock.now - start < .seconds(5))
        #expect(runner.events.last == "abandon endless")
        for id in ids {
            #expect(queue.record(id)?.state == .queued)
            #expect(queue.record(id)?.lifecycle.losses == 0)
        }
        #expect(queue.outcomes.isEmpty)
    }
}
