import DaguerreJobs
import DaguerreStorage
import Foundation
import Synchronization
import Testing

/// What a crash leaves, taken from a queue that is being written: the files as they are at a moment nobody chose.
@Suite struct CrashTests {
    /// Fifty moments under load: all that was acknowledged before is there, what ran waits again, and nothing is doubled.
    @Test func whateverWasAcknowledgedIsThereAfterACrash() async throws {
        let folder = try TemporaryFolder()
        let queue = try await SQLiteJobQueue(try ServerDatabase(folder.path), capacity: 1_000_000)
        let said = Said()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<8 { group.addTask { try await submit(to: queue, client, said) } }
            for worker in 0..<3 { group.addTask { try await work(on: queue, worker, said) } }
            var generator = SplitMix(state: 1)
            for cut in 0..<50 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...20, using: &generator)))
                let before = said.all
                let image = try await CrashImage(of: folder.path)
                try await expectAcknowledged(before, in: image.folder.path)
                if cut % 5 == 0 { try await expectReadable(image, &generator) }
            }
            group.cancelAll()
        }
        #expect(said.all.count > 200)
    }

    private func expectAcknowledged(_ said: [JobIdentifier: JobState], in path: String) async throws {
        let queue = try await SQLiteJobQueue(try ServerDatabase(path))
        var filter = JobFilter(owner: .local)
        filter.limit = 1_000_000
        let jobs = Dictionary(uniqueKeysWithValues: try await queue.jobs(filter).map { ($0.id, $0) })
        var lost = 0, unlike = 0
        for (id, state) in said {
            guard let job = jobs[id] else {
                lost += 1
                continue
            }
            if state.isTerminal ? job.state != state : job.state == .running { unlike += 1 }
        }
        #expect(lost == 0 && unlike == 0, "\(lost) lost and \(unlike) unlike of \(said.count)")
        // Every job that waits is handed out once.
        var leased: Set<JobIdentifier> = []
        while let lease = try await queue.lease(preferring: [], seconds: 30), leased.count < 20 {
            #expect(leased.insert(lease.job.id).inserted)
        }
    }

    /// The power fails while the log is written, which ends anywhere.
    ///
    /// What is left opens, and every job of it is whole.
    private func expectReadable(_ image: CrashImage, _ generator: inout SplitMix) async throws {
        let log = image.log.prefix(Int.random(in: 0...image.log.count, using: &generator))
        let folder = try TemporaryFolder()
        try Data(image.main).write(to: URL(fileURLWithPath: folder.path + "/daguerre.sqlite"))
        try Data(log).write(to: URL(fileURLWithPath: folder.path + "/daguerre.sqlite-wal"))
        let queue = try await SQLiteJobQueue(try ServerDatabase(folder.path))
        var filter = JobFilter(owner: .local)
        filter.limit = 1_000_000
        let jobs = try await queue.jobs(filter)
        #expect(jobs.allSatisfy { $0.state != .running && ($0.finished != nil) == $0.state.isTerminal })
        #expect(jobs.allSatisfy { $0.state != .succeeded || $0.images.count == 1 })
    }

    private func submit(to queue: SQLiteJobQueue, _ client: Int, _ said: Said) async throws {
        var number = 0
        while !Task.isCancelled {
            number += 1
            try? await Task.sleep(for: .milliseconds(15))
            let job = try await queue.submit(JobSubmission(JobRequest("\(client) \(number)"), owner: .local)).job
            said.note(job.id, .queued)
            if number % 7 == 0, let cancelled = try await queue.cancel(job.id, owner: nil), cancelled.state.isTerminal {
                said.note(job.id, cancelled.state)
            }
        }
    }

    private func work(on queue: SQLiteJobQueue, _ worker: Int, _ said: Said) async throws {
        while !Task.isCancelled {
            guard let lease = try await queue.lease(preferring: [], seconds: 30) else {
                try? await Task.sleep(for: .milliseconds(1))
                continue
            }
            if try await queue.finish(lease, success([try digest(UInt8(worker))])) {
                said.note(lease.job.id, .succeeded)
            }
        }
    }

    /// A file in which bytes have changed is read or refused; it never traps.
    @Test func aDamagedDatabaseIsReadOrRefused() async throws {
        let folder = try TemporaryFolder()
        try await fill(folder.path)
        // Closed with its last reference, which a task may hold for a moment more: the file has everything, and there is no log.
        for _ in 0..<200 where FileManager.default.fileExists(atPath: folder.path + "/daguerre.sqlite-wal") {
            try await Task.sleep(for: .milliseconds(25))
        }
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/daguerre.sqlite")))
        #expect(whole.count > 50_000)
        var generator = SplitMix(state: 7)
        var refused = 0
        for _ in 0..<100 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...30, using: &generator) {
                if let place = damaged.indices.randomElement(using: &generator) {
                    damaged[place] ^= .random(in: 1...255, using: &generator)
                }
            }
            do {
                try await readEverything(damaged)
            } catch {
                refused += 1
                let message = "\(error)"
                #expect(error is StorageError || error is QueueError, "\(message)")
                #expect(!message.contains(folder.path) && !message.contains("\n"))
            }
        }
        #expect(refused > 0)
    }

    private func fill(_ path: String) async throws {
        let queue = try await SQLiteJobQueue(try ServerDatabase(path))
        for number in 0..<40 {
            let image = try upload(UInt8(number))
            try await queue.addUpload(image, owner: .local)
            _ = try await queue.submit(JobSubmission(JobRequest("\(number)"), owner: .local))
            if number % 2 == 0, let lease = try await queue.lease(preferring: [], seconds: 30) {
                _ = try await queue.finish(lease, success([image.digest]))
            }
        }
    }

    private func readEverything(_ file: [UInt8]) async throws {
        let folder = try TemporaryFolder()
        try Data(file).write(to: URL(fileURLWithPath: folder.path + "/daguerre.sqlite"))
        let database = try ServerDatabase(folder.path)
        let queue = try await SQLiteJobQueue(database)
        _ = try await queue.jobs(JobFilter(owner: .local))
        for number in 0..<40 { _ = try await queue.image(try digest(UInt8(number)), owner: .local) }
        _ = try await queue.submit(JobSubmission(JobRequest("after"), owner: .local))
        if let lease = try await queue.lease(preferring: [], seconds: 30) {
            _ = try await queue.finish(lease, .cancelled)
        }
        var retention = Retention()
        retention.jobs = 0
        _ = try await queue.sweep(retention)
        _ = try await SQLiteKeyStore(database).keys()
    }
}

/// What the queue has said of each job.
private final class Said: Sendable {
    private let states = Mutex<[JobIdentifier: JobState]>([:])

    var all: [JobIdentifier: JobState] { states.withLock(\.self) }

    func note(_ id: JobIdentifier, _ state: JobState) {
        states.withLock { states in
            // Of a job that has ended before its submitter is back, the end counts.
            if states[id]?.isTerminal != true { states[id] = state }
        }
    }
}

/// The database's files as a crash might have left them.
private struct CrashImage {
    let folder: TemporaryFolder
    let main, log: [UInt8]

    /// Copies the files, which are being written.
    ///
    /// The file, then its log: if the log was begun anew meanwhile, the copies are not of one moment, and are taken again.
    init(of path: String) async throws {
        func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
        }
        while true {
            let before = try bytes("daguerre.sqlite-wal").prefix(32)
            let main = try bytes("daguerre.sqlite"), log = try bytes("daguerre.sqlite-wal")
            guard log.prefix(32) == before else { continue }
            self.main = main
            self.log = log
            break
        }
        folder = try TemporaryFolder()
        try Data(main).write(to: URL(fileURLWithPath: folder.path + "/daguerre.sqlite"))
        try Data(log).write(to: URL(fileURLWithPath: folder.path + "/daguerre.sqlite-wal"))
    }
}
