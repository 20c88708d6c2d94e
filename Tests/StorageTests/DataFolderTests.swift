import DaguerreJobs
import DaguerreStorage
import Foundation
import Testing

@Suite struct DataFolderTests {
    /// GRDB's own choice for WAL would lose what was acknowledged in the last moments before a power cut.
    @Test func whatIsWrittenIsOnTheDisk() throws {
        let folder = try TemporaryFolder()
        #expect(try ServerDatabase(folder.path).isDurable)
        #expect(try ServerDatabase(folder.path).isDurable)
    }

    /// Leases need not be; whoever writes after them is not to be caught by that.
    @Test func aLeaseLeavesTheDatabaseDurable() async throws {
        let folder = try TemporaryFolder()
        let database = try ServerDatabase(folder.path)
        let queue = try await SQLiteJobQueue(database)
        _ = try await queue.submit(JobSubmission(JobRequest("a lake"), owner: .local))
        let lease = try #require(try await queue.lease(preferring: [], seconds: 30))
        #expect(try database.isDurable)
        #expect(try await queue.extend(lease, seconds: 30) == .held)
        #expect(try await queue.finish(lease, success()))
        #expect(try database.isDurable)
    }

    @Test func aLaterVersionsDatabaseIsLeftAlone() async throws {
        let folder = try TemporaryFolder()
        _ = try await SQLiteJobQueue(try ServerDatabase(folder.path))
        let file = URL(fileURLWithPath: folder.path + "/daguerre.sqlite")
        var bytes = [UInt8](try Data(contentsOf: file))
        // SQLite's file format, §1.3: the user version lies at byte 60, big-endian.
        bytes.replaceSubrange(60..<64, with: [0, 0, 0, 99])
        try? FileManager.default.removeItem(atPath: folder.path + "/daguerre.sqlite-wal")
        try Data(bytes).write(to: file)
        #expect(throws: StorageError.tooNew(version: 99, known: ServerDatabase.version)) {
            try ServerDatabase(folder.path)
        }
    }

    /// Says no in words when the disk is full; what was accepted is kept, and what was refused is not half there.
    @Test func aFullDiskIsSaidAndSpoilsNothing() async throws {
        let folder = try TemporaryFolder()
        var accepted: [JobIdentifier] = []
        do {
            let queue = try await SQLiteJobQueue(try ServerDatabase(folder.path, mostPages: 60))
            let refusal = await #expect(throws: QueueError.self) {
                for number in 0..<1000 {
                    var submission = JobSubmission(JobRequest(String(repeating: "x", count: 3000)), owner: .local)
                    submission.idempotencyKey = "\(number)"
                    accepted.append(try await queue.submit(submission).job.id)
                }
            }
            guard case .storage(let message) = refusal else { throw QueueUnderTest.NothingWaits() }
            #expect(message.contains("no space is left") && !message.contains(folder.path))
            #expect(accepted.count > 5)
            #expect(try await queue.depth().queued[.normal] == accepted.count)
            // What needs no room goes on.
            for id in accepted { #expect(try await queue.job(id, owner: nil)?.state == .queued) }
            #expect(try await queue.position(of: accepted[0]) == 0)
        }
        let queue = try await SQLiteJobQueue(try ServerDatabase(folder.path))
        #expect(try await queue.depth().queued[.normal] == accepted.count)
        var submission = JobSubmission(JobRequest("again"), owner: .local)
        submission.idempotencyKey = "\(accepted.count)"
        #expect(try await !queue.submit(submission).isRepeated)
    }

    /// What a process held when it ended was lost with it, once.
    @Test func openingEndsTheLeasesOfTheDead() async throws {
        let folder = try TemporaryFolder()
        var queue = try await SQLiteJobQueue(try ServerDatabase(folder.path))
        let job = try await queue.submit(JobSubmission(JobRequest("a lake"), owner: .local)).job
        for attempt in 1...JobLifecycle.mostLosses {
            let lease = try #require(try await queue.lease(preferring: [], seconds: 86400))
            #expect(lease.job.id == job.id && lease.attempt == attempt && lease.job.lifecycle.losses == attempt - 1)
            queue = try await SQLiteJobQueue(try ServerDatabase(folder.path))
            #expect(try await !queue.finish(lease, success()))
        }
        #expect(try await queue.job(job.id, owner: nil)?.state == .failed)
    }
}
