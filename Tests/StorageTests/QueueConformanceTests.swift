import DaguerreJobs
import DaguerreStorage
import Testing

/// What every queue does: accepting, leasing, ending.
@Suite struct QueueConformanceTests {
    @Test(arguments: QueueKind.allCases) func anAcceptedJobWaits(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let job = try await test.submit { submission in
            submission.priority = .high
            submission.deadline = test.clock.now + 60
            submission.request.seed = 7
            submission.trace = JobTrace(requestID: "r", traceID: String(repeating: "a", count: 32))
        }
        #expect(job.state == .queued && job.submitted == test.clock.now && job.priority == .high)
        #expect(try await test.queue.job(job.id, owner: .local) == job)
        #expect(try await test.queue.position(of: job.id) == 0)
        let depth = try await test.queue.depth()
        #expect(depth.queued == [.high: 1, .normal: 0, .low: 0] && depth.running == 0 && depth.backlogSeconds == 1)
    }

    @Test(arguments: QueueKind.allCases) func theSameNameAndBodyWithinADayIsTheSameJob(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind, capacity: 1)
        func submit(_ body: String, owner: Owner = .local) async throws -> (job: JobRecord, isRepeated: Bool) {
            var submission = JobSubmission(JobRequest("a lake"), owner: owner, bodyDigest: body)
            submission.idempotencyKey = "k"
            submission.allowance.unfinishedJobs = 1
            return try await test.queue.submit(submission)
        }
        let first = try await submit("1")
        #expect(!first.isRepeated)
        // The queue is full and the allowance spent, and yet.
        let second = try await submit("1")
        #expect(second.isRepeated && second.job == first.job)
        await #expect(throws: QueueError.idempotencyConflict) { try await submit("2") }
        let lease = try await test.lease()
        #expect(try await test.queue.finish(lease, success()))
        #expect(try await submit("1").job.state == .succeeded)
        #expect(try await !submit("1", owner: Owner("other")).isRepeated)
        test.clock.advance(86401)
        _ = try await test.queue.sweep(Retention())
        let next = try await test.lease()
        #expect(try await test.queue.finish(next, success()))
        #expect(try await !submit("2").isRepeated)
    }

    @Test(arguments: QueueKind.allCases) func noRacePassesTheNumberOfUnfinishedJobs(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let accepted = await race(test) { $0.allowance.unfinishedJobs = 7 }
        #expect(accepted.count == 7)
        await #expect(throws: QueueError.tooManyUnfinished(limit: 7)) {
            try await test.submit { $0.allowance.unfinishedJobs = 7 }
        }
        try await test.submit(owner: Owner("other")) { $0.allowance.unfinishedJobs = 7 }
        _ = try await test.queue.cancel(accepted[0].id, owner: nil)
        try await test.submit { $0.allowance.unfinishedJobs = 7 }
    }

    @Test(arguments: QueueKind.allCases) func noRacePassesTheSecondsOfADay(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        @Sendable func limit(_ submission: inout JobSubmission) {
            submission.estimatedSeconds = 10
            submission.allowance.secondsPerDay = 95
        }
        #expect(await race(test, limit).count == 9)
        // What was estimated gives way to what it took.
        for seconds in [5.0, 4] {
            let lease = try await test.lease()
            #expect(try await test.queue.finish(lease, success(seconds: seconds)))
            test.clock.advance(100)
        }
        // 7 · 10 estimated and 9 spent leave room for one more, but not for two.
        try await test.submit(seconds: 10, limit)
        let error = await #expect(throws: QueueError.self) { try await test.submit(seconds: 10, limit) }
        // 99 − 95 = 4 have to go: the 5 seconds of the first, which ended 200 s ago.
        guard case .budgetSpent(95, let retryAfter) = error else { throw QueueUnderTest.NothingWaits() }
        #expect(abs(retryAfter - (86400 - 200)) < 1)
        test.clock.advance(retryAfter)
        try await test.submit(seconds: 10, limit)
    }

    /// The jobs that are accepted of fifty submitted at once.
    private func race(
        _ test: QueueUnderTest, _ change: @escaping @Sendable (inout JobSubmission) -> Void
    ) async -> [JobRecord] {
        await withTaskGroup(of: JobRecord?.self) { group in
            for _ in 0..<50 { group.addTask { try? await test.submit("a lake", change) } }
            return await group.reduce(into: []) { jobs, job in if let job { jobs.append(job) } }
        }
    }

    @Test(arguments: QueueKind.allCases) func aFullQueueSaysWhenToComeBack(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind, capacity: 10)
        for _ in 0..<10 { try await test.submit(seconds: 30) }
        _ = try await test.lease()
        try await test.submit(seconds: 30)
        test.clock.advance(15)
        let error = await #expect(throws: QueueError.self) { try await test.submit() }
        // Ten that wait, and half of the one that runs.
        guard case .full(let retryAfter) = error else { throw QueueUnderTest.NothingWaits() }
        #expect((0.8 * 315...1.2 * 315).contains(retryAfter))
        #expect(try await test.queue.depth().queued[.normal] == 10)
    }

    @Test(arguments: QueueKind.allCases) func aLeaseIsKeptByHeartbeatsAndLostWithoutThem(_ kind: QueueKind) async throws
    {
        let test = try await QueueUnderTest(kind)
        let job = try await test.submit()
        #expect(try await test.queue.lease(preferring: [], seconds: 10)?.attempt == 1)
        #expect(try await test.queue.lease(preferring: [], seconds: 10) == nil)
        let first = JobLease(try #require(try await test.queue.job(job.id, owner: nil)), attempt: 1)
        for _ in 0..<5 {
            test.clock.advance(9)
            #expect(try await test.queue.extend(first, seconds: 10) == .held)
            _ = try await test.queue.sweep(Retention())
        }
        test.clock.advance(10)
        _ = try await test.queue.sweep(Retention())
        #expect(try await test.state(of: job) == .queued)
        #expect(try await test.queue.extend(first, seconds: 10) == .lost)
        let second = try await test.lease()
        #expect(second.job.id == job.id && second.attempt == 2 && second.job.lifecycle.losses == 1)
        #expect(second.job.started == first.job.started)
        // Whoever held it before changes nothing.
        #expect(try await !test.queue.finish(first, .failed(JobFailure(.internalError, "late"))))
        #expect(try await test.queue.extend(first, seconds: 1000) == .lost)
        try await test.queue.giveBack(first)
        #expect(try await test.queue.finish(second, success()))
        #expect(try await !test.queue.finish(second, success()))
        #expect(try await test.queue.extend(second, seconds: 10) == .lost)
        let ended = try #require(try await test.queue.job(job.id, owner: nil))
        #expect(ended.outcome == success() && ended.finished == test.clock.now && ended.state == .succeeded)
    }

    @Test(arguments: QueueKind.allCases) func everyOutcomeIsKeptAsItWas(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let outcomes: [JobOutcome] = [
            success([try digest(1), try digest(2)]), .failed(JobFailure(.outOfMemory, "too large")),
            .blocked([SafetyRecord(.blocked, concepts: [3])], JobUsage(stages: [], steps: 1, peakBytes: 2)), .cancelled,
            .succeeded(
                [], JobUsage(stages: [], steps: 1, peakBytes: 2),
                safety: [SafetyRecord(.passed), SafetyRecord(.blocked, concepts: [1, 2]), SafetyRecord(.blurred)]),
        ]
        for outcome in outcomes {
            let job = try await test.submit("naïve \u{0} \"quotes\" 🌫 <lora:x:1>") {
                $0.trace = JobTrace(requestID: "r-1", traceID: "t", parentID: "p")
            }
            let lease = try await test.lease()
            #expect(try await test.queue.finish(lease, outcome))
            let ended = try #require(try await test.queue.job(job.id, owner: nil))
            #expect(ended.request == job.request && ended.state == outcome.state && ended.trace == job.trace)
            #expect(ended.outcome == (outcome == .cancelled ? nil : outcome))
        }
    }

    @Test(arguments: QueueKind.allCases) func whetherAPictureWasJudgedIsKnown(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        func draw(_ number: UInt8, _ safety: SafetyRecord?, role: JobImage.Role = .result) async throws {
            _ = try await test.submit()
            let image = JobImage(
                digest: try digest(number), role: role, width: 8, height: 8, byteCount: 1, mediaType: "image/png",
                seed: 1, infotext: "", safety: safety)
            let usage = JobUsage(stages: [], steps: 1, peakBytes: 1)
            #expect(try await test.queue.finish(try await test.lease(), .succeeded([image], usage)))
        }
        func isUnjudged(_ number: UInt8) async throws -> Bool? {
            try await test.queue.image(try digest(number), owner: nil)?.isUnjudged
        }
        try await draw(1, nil)
        try await draw(2, SafetyRecord(.passed))
        try await draw(3, SafetyRecord(.blurred, concepts: [1]))
        try await draw(4, nil, role: .controlMap)
        try await test.queue.addUpload(try upload(5), owner: .local)
        #expect(try await isUnjudged(1) == true)
        for number: UInt8 in 2...5 { #expect(try await isUnjudged(number) == false) }
        if let queue = test.queue as? SQLiteJobQueue { #expect(try await queue.unjudgedImages() == 1) }
        // The same picture again, and judged this time.
        try await draw(1, SafetyRecord(.passed))
        #expect(try await isUnjudged(1) == false)
        try await draw(2, nil)
        #expect(try await isUnjudged(2) == false)
    }

    @Test(arguments: QueueKind.allCases) func cancellingEndsWhatWaitsAndAsksWhatRuns(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let running = try await test.submit()
        let waiting = try await test.submit()
        let lease = try await test.lease()
        #expect(lease.job.id == running.id)
        #expect(try await test.queue.cancel(waiting.id, owner: .local)?.state == .cancelled)
        #expect(try await test.queue.position(of: waiting.id) == nil)
        #expect(try await test.queue.cancel(running.id, owner: .local)?.lifecycle.isCancelRequested == true)
        #expect(try await test.queue.cancel(running.id, owner: .local)?.state == .running)
        #expect(try await test.queue.extend(lease, seconds: 30) == .cancelRequested)
        #expect(try await test.queue.finish(lease, .cancelled))
        #expect(try await test.queue.cancel(running.id, owner: .local)?.state == .cancelled)
        #expect(try await test.queue.lease(preferring: [], seconds: 1) == nil)
        // A worker that never answers does not keep it.
        let third = try await test.submit()
        _ = try await test.lease()
        _ = try await test.queue.cancel(third.id, owner: nil)
        test.clock.advance(31)
        _ = try await test.queue.sweep(Retention())
        #expect(try await test.state(of: third) == .cancelled)
    }

    @Test(arguments: QueueKind.allCases) func aJobPastItsDeadlineIsNotBegun(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        func submit() async throws -> JobRecord { try await test.submit { $0.deadline = test.clock.now + 10 } }
        let swept = try await submit(), skipped = try await submit()
        test.clock.advance(9)
        let running = try await submit()
        _ = try await test.queue.cancel(swept.id, owner: nil)
        test.clock.advance(5)
        // The one is over, the other is not.
        #expect(try await test.lease().job.id == running.id)
        #expect(try await test.state(of: skipped) == .expired)
        // One that runs goes on, unless its worker is lost.
        test.clock.advance(10)
        _ = try await test.queue.sweep(Retention())
        #expect(try await test.state(of: running) == .running)
        test.clock.advance(20)
        _ = try await test.queue.sweep(Retention())
        #expect(try await test.state(of: running) == .expired)
        let last = try await submit()
        test.clock.advance(10)
        _ = try await test.queue.sweep(Retention())
        #expect(try await test.state(of: last) == .expired)
    }

    @Test(arguments: QueueKind.allCases) func aJobThatIsGivenBackWaitsInItsOldPlace(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let first = try await test.submit()
        try await test.submit()
        for attempt in 1...JobLifecycle.mostLosses + 2 {
            let lease = try await test.lease()
            #expect(lease.job.id == first.id && lease.attempt == attempt && lease.job.lifecycle.losses == 0)
            try await test.queue.giveBack(lease)
            #expect(try await test.queue.position(of: first.id) == 0)
        }
        let lease = try await test.lease()
        _ = try await test.queue.cancel(first.id, owner: nil)
        try await test.queue.giveBack(lease)
        #expect(try await test.state(of: first) == .cancelled)
    }

    @Test(arguments: QueueKind.allCases) func aJobThatLosesEveryWorkerIsGivenUp(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        let job = try await test.submit()
        for _ in 0..<JobLifecycle.mostLosses {
            #expect(try await test.lease().job.id == job.id)
            test.clock.advance(31)
            _ = try await test.queue.sweep(Retention())
        }
        let ended = try #require(try await test.queue.job(job.id, owner: nil))
        guard case .failed(let failure) = ended.outcome else { throw QueueUnderTest.NothingWaits() }
        #expect(failure.code == .workerLost && ended.finished == test.clock.now)
        #expect(try await test.queue.lease(preferring: [], seconds: 1) == nil)
    }
}
