import DaguerreJobs
import DaguerreStorage
import GRDB
import Testing

/// One row that cannot be read, after a downgrade or on a failing disk, is one job's trouble.
@Suite struct UnreadableRowTests {
    private let folder: TemporaryFolder
    private let clock = TestClock()

    init() throws { folder = try TemporaryFolder() }

    private func open() async throws -> SQLiteJobQueue {
        try await SQLiteJobQueue(try ServerDatabase(folder.path)) { [clock] in clock.now }
    }

    private func execute(_ sql: String) throws {
        try DatabaseQueue(path: folder.path + "/daguerre.sqlite").write { try $0.execute(sql: sql) }
    }

    private func submit(_ prompt: String, to queue: SQLiteJobQueue) async throws -> JobRecord {
        clock.advance(0.001)
        return try await queue.submit(JobSubmission(JobRequest(prompt), owner: .local)).job
    }

    @Test func aReadThatFailsFailsAlone() async throws {
        let queue = try await open()
        let odd = try await submit("odd", to: queue)
        _ = try await queue.cancel(odd.id, owner: nil)
        try execute("UPDATE jobs SET request = '{' WHERE id = '\(odd.id)'")
        // Gathered into the same transactions.
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do { return try await queue.job(odd.id, owner: nil) == nil } catch QueueError.storage {
                        return true
                    }
                }
                group.addTask {
                    _ = try await submit("\(number)", to: queue)
                    return false
                }
            }
            return try await group.reduce(0) { $1 ? $0 + 1 : $0 }
        }
        #expect(refused == 200)
        #expect(try await queue.depth().queued[.normal] == 200)
        // Lists show the others, page after page.
        var filter = JobFilter(owner: .local)
        filter.limit = 150
        let page = try await queue.jobs(filter)
        filter.before = page.last?.id
        let rest = try await queue.jobs(filter)
        #expect(page.count == 150 && rest.count == 50)
    }

    /// What has changed something before it fails is undone, and the others are not.
    @Test func aChangeThatFailsFailsAlone() async throws {
        let queue = try await open()
        var submission = JobSubmission(JobRequest("late"), owner: .local)
        submission.deadline = clock.now + 1
        let late = try await queue.submit(submission).job
        clock.advance(2)
        // A sweep ends the job, and then finds no uploads to look at.
        try execute("DROP TABLE uploads")
        let failures = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do { return try await queue.sweep(Retention()).isEmpty } catch QueueError.storage { return true }
                }
                group.addTask {
                    _ = try await submit("\(number)", to: queue)
                    return false
                }
            }
            return try await group.reduce(0) { $1 ? $0 + 1 : $0 }
        }
        #expect(failures == 100)
        #expect(try await queue.job(late.id, owner: nil)?.state == .queued)
        #expect(try await queue.depth().queued[.normal] == 101)
    }

    @Test(arguments: [
        "request = '{'", "request = '{\"prompt\":7}'", "priority = 'urgent'", "attempt = 'many'", "submitted = 'then'",
        "state = 'asleep'", "state = 'succeeded'", "deadline = 'never'", "estimated_seconds = 'few'", "outcome = '['",
    ])
    func aJobThatCannotBeReadHasFailedAndTheServerStarts(_ damage: String) async throws {
        var queue = try await open()
        let odd = try await submit("odd", to: queue), sound = try await submit("sound", to: queue)
        try execute("UPDATE jobs SET \(damage) WHERE id = '\(odd.id)'")
        clock.advance(5)
        queue = try await open()
        #expect(queue.unreadableJobs.count == 1 && queue.unreadableJobs[0].hasPrefix(odd.id.description + ": "))
        let record = try #require(try await queue.job(odd.id, owner: .local))
        guard case .failed(let failure) = record.outcome else { throw QueueUnderTest.NothingWaits() }
        #expect(record.state == .failed && failure.code == .internalError && record.finished == clock.now)
        #expect(record.request.prompt == (damage.hasPrefix("request") ? "" : "odd"))
        #expect(try await queue.lease(preferring: [], seconds: 1)?.job.id == sound.id)
        #expect(try await queue.lease(preferring: [], seconds: 1) == nil)
        queue = try await open()
        #expect(queue.unreadableJobs.isEmpty)
    }

    /// Even one that nobody can ask for by its name.
    @Test(arguments: ["id = 'job'", "owner = x'ff'"])
    func aJobWithoutANameDoesNotKeepTheServerDown(_ damage: String) async throws {
        var queue = try await open()
        let odd = try await submit("odd", to: queue), sound = try await submit("sound", to: queue)
        try execute("UPDATE jobs SET \(damage) WHERE id = '\(odd.id)'")
        queue = try await open()
        #expect(queue.unreadableJobs.count == 1)
        #expect(try await queue.jobs(JobFilter(owner: .local)).map(\.id) == [sound.id])
        queue = try await open()
        #expect(queue.unreadableJobs.isEmpty)
    }

    /// A sweep passes over what is no digest, and goes on.
    @Test func whatIsNoDigestDoesNotStopTheSweep() async throws {
        let queue = try await open()
        _ = try await submit("a lake", to: queue)
        let lease = try #require(try await queue.lease(preferring: [], seconds: 30))
        #expect(try await queue.finish(lease, success([try digest(1), try digest(2)])))
        try await queue.addUpload(try upload(3), owner: .local)
        try execute("UPDATE results SET digest = '../../etc' WHERE digest LIKE '01%'")
        try execute("UPDATE uploads SET digest = 'x'")
        clock.advance(86400 * 8)
        #expect(try await queue.sweep(Retention()) == [digest(2)])
        #expect(try await queue.jobs(JobFilter(owner: .local)).isEmpty)
    }
}
