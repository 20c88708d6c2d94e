import DaguerreJobs
import DaguerreStorage
import Foundation
import GRDB
import TestSupport
import Testing

/// What is left of a job that is forgotten sooner than budgets and idempotency keys are.
@Suite struct RemainderTests {
    private static let owner = Owner("anna")

    private static func submission(_ seconds: Double = 1, body: String = "body") -> JobSubmission {
        var submission = JobSubmission(
            JobRequest("a secret lake"), owner: owner, bodyDigest: body, estimatedSeconds: seconds)
        submission.idempotencyKey = "k"
        return submission
    }

    private static func limited() -> JobSubmission {
        var submission = JobSubmission(JobRequest("more"), owner: owner, estimatedSeconds: 10)
        submission.allowance.secondsPerDay = 45
        return submission
    }

    /// `keep-jobs` of a minute forgets what was asked for and drawn, and gives nobody more than its budget.
    @Test(arguments: QueueKind.allCases) func budgetsAndKeysOutliveTheirJobs(_ kind: QueueKind) async throws {
        let test = try await QueueUnderTest(kind)
        var retention = Retention()
        retention.jobs = 60
        let job = try await test.queue.submit(Self.submission()).job
        let lease = try await test.lease()
        let image = try digest(1)
        #expect(try await test.queue.finish(lease, success([image], seconds: 40)))
        test.clock.advance(61)
        #expect(try await test.queue.sweep(retention) == [image])
        for _ in 0..<2 {
            #expect(try await test.queue.job(job.id, owner: Self.owner) == nil)
            #expect(try await test.queue.cancel(job.id, owner: nil) == nil)
            #expect(try await test.queue.jobs(JobFilter(owner: Self.owner)).isEmpty)
            #expect(try await test.queue.image(image, owner: nil) == nil)
            let repeated = try await test.queue.submit(Self.submission())
            #expect(repeated.isRepeated && repeated.job.id == job.id && repeated.job.state == .succeeded)
            #expect(repeated.job.images.isEmpty && repeated.job.request == JobRequest(""))
            #expect(repeated.job.outcome?.usage?.seconds == 40)
            await #expect(throws: QueueError.idempotencyConflict) {
                try await test.queue.submit(Self.submission(body: "other"))
            }
            let error = await #expect(throws: QueueError.self) { try await test.queue.submit(Self.limited()) }
            guard case .budgetSpent(45, let retryAfter) = error else { throw QueueUnderTest.NothingWaits() }
            #expect(retryAfter > 40_000 && retryAfter < 86400 - 60)
            test.clock.advance(30_000)
            #expect(try await test.queue.sweep(retention).isEmpty)
        }
        // A day after its end nothing is left.
        test.clock.advance(86400)
        #expect(try await test.queue.sweep(retention).isEmpty)
        #expect(try await !test.queue.submit(Self.limited()).isRepeated)
        #expect(try await !test.queue.submit(Self.submission(body: "other")).isRepeated)
    }

    @Test func whatWasAskedForIsNotOnTheDiskAnyLonger() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let queue = try await SQLiteJobQueue(try ServerDatabase(folder.path)) { clock.now }
        _ = try await queue.submit(Self.submission())
        let lease = try #require(try await queue.lease(preferring: [], seconds: 30))
        #expect(try await queue.finish(lease, success([try digest(1)])))
        var retention = Retention()
        retention.jobs = 60
        func rows(_ condition: String) throws -> Int? {
            try DatabaseQueue(path: folder.path + "/daguerre.sqlite").read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM jobs WHERE \(condition)")
            }
        }
        #expect(try rows("request LIKE '%secret%' AND outcome LIKE '%lake%'") == 1)
        clock.advance(61)
        _ = try await queue.sweep(retention)
        #expect(try rows("request LIKE '%secret%' OR outcome LIKE '%lake%'") == 0)
        #expect(try rows("forgotten = 1") == 1)
        clock.advance(86400)
        _ = try await queue.sweep(retention)
        #expect(try rows("1") == 0)
    }

    /// A folder that version 1 left: scripts/fixtures/databases.py.
    @Test func anOldDatabaseGoesOn() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: Fixture.path("databases/version-1.sqlite"), toPath: folder.path + "/daguerre.sqlite")
        let clock = TestClock()
        var queue = try await SQLiteJobQueue(try ServerDatabase(folder.path)) { clock.now }
        let jobs = try await queue.jobs(JobFilter(owner: Self.owner))
        #expect(jobs.map(\.state) == [.failed, .queued, .succeeded] && queue.unreadableJobs.isEmpty)
        #expect(jobs.map(\.request.prompt) == ["a lake 3", "a lake 2", "a lake 1"])
        #expect(jobs[2].images.map(\.digest) == [try digest(1)] && jobs[2].outcome?.usage?.seconds == 40)
        #expect(try await queue.image(try digest(1), owner: Self.owner)?.width == 8)
        #expect(try await queue.submit(Self.submission()).isRepeated)
        await #expect(throws: QueueError.self) { try await queue.submit(Self.limited()) }
        var retention = Retention()
        retention.jobs = 6
        #expect(try await queue.sweep(retention) == [digest(1)])
        queue = try await SQLiteJobQueue(try ServerDatabase(folder.path)) { clock.now }
        #expect(try await queue.jobs(JobFilter(owner: Self.owner)).count == 2)
        #expect(try await queue.submit(Self.submission()).job.id == jobs[2].id)
        await #expect(throws: QueueError.self) { try await queue.submit(Self.limited()) }
        #expect(try await queue.lease(preferring: [], seconds: 30)?.job.id == jobs[1].id)
    }
}
