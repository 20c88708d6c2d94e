import DaguerreJobs
import DaguerreStorage
import Foundation
import Testing

/// Random operations on both queues, which must answer alike, step by step.
@Suite struct QueueModelTests {
    @Test(arguments: 1...12) func bothQueuesAnswerAlike(seed: UInt64) async throws {
        let pair = try await QueuePair(seed: seed)
        for _ in 0..<300 { try await pair.step() }
        try await pair.expectSameRecords()
        // What the process knew is gone; what it said is not.
        try await pair.restart()
        try await pair.expectSameRecords()
    }
}

/// A memory queue and a SQLite queue that hear the same.
private final class QueuePair {
    private let clock = TestClock()
    private let folder = try? TemporaryFolder()
    private let memory: MemoryJobQueue
    private var sqlite: SQLiteJobQueue
    private var generator: SplitMix
    /// What each calls its jobs and holds of them.
    private var jobs: [(memory: JobIdentifier, sqlite: JobIdentifier)] = []
    private var leases: [(memory: JobLease, sqlite: JobLease)] = []
    private let owners = ["a", "b", "c"].map { Owner($0) }
    private let digests: [BlobDigest]
    private var path: String { folder?.path ?? "" }

    init(seed: UInt64) async throws {
        generator = SplitMix(state: seed)
        digests = try (UInt8(0)..<8).map(digest)
        let clock = clock
        memory = MemoryJobQueue(capacity: 12) { clock.now }
        sqlite = try await SQLiteJobQueue(try ServerDatabase(folder?.path ?? ""), capacity: 12) {
            clock.now
        }
    }

    private func pick<C: RandomAccessCollection>(_ choices: C) -> C.Element? {
        choices.randomElement(using: &generator)
    }

    func step() async throws {
        clock.advance(Double.random(in: 0.001...8, using: &generator))
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...5: try await submit()
        case 6...8: try await lease()
        case 9: try await companions()
        case 10...11:
            guard let lease = pick(leases) else { return }
            let a = try await memory.extend(lease.memory, seconds: 20),
                b = try await sqlite.extend(lease.sqlite, seconds: 20)
            #expect(a == b)
        case 12...13: try await finish()
        case 14:
            guard let lease = pick(leases) else { return }
            try await memory.giveBack(lease.memory)
            try await sqlite.giveBack(lease.sqlite)
        case 15:
            guard let job = pick(jobs) else { return }
            let owner = Bool.random(using: &generator) ? nil : pick(owners)
            try await expectSame(
                try await memory.cancel(job.memory, owner: owner), try await sqlite.cancel(job.sqlite, owner: owner))
        case 16:
            var retention = Retention()
            retention.jobs = 200
            retention.uploads = 100
            let a = try await memory.sweep(retention), b = try await sqlite.sweep(retention)
            #expect(Set(a) == Set(b))
        case 17:
            guard let digest = pick(digests), let owner = pick(owners) else { return }
            let image = StoredImage(digest: digest, mediaType: "image/png", byteCount: 1, width: 2, height: 3)
            await memory.addUpload(image, owner: owner)
            try await sqlite.addUpload(image, owner: owner)
        default: try await look()
        }
    }

    private func submit() async throws {
        guard let owner = pick(owners), let priority = pick(JobPriority.allCases) else { return }
        var submission = JobSubmission(
            JobRequest("a lake"), owner: owner, bodyDigest: "\(Int.random(in: 0..<2, using: &generator))",
            estimatedSeconds: Double(Int.random(in: 1...20, using: &generator)))
        submission.priority = priority
        submission.request.model = pick(["x", "y"])
        submission.request.steps = pick([1, 2])
        if Int.random(in: 0..<3, using: &generator) == 0 { submission.request.image = pick(digests).map { .init($0) } }
        if Int.random(in: 0..<3, using: &generator) == 0 { submission.deadline = clock.now + 60 }
        if Int.random(in: 0..<3, using: &generator) == 0 { submission.idempotencyKey = pick(["k", "l", "m"]) }
        submission.allowance = .init(
            unfinishedJobs: pick([nil, 4]) ?? nil, secondsPerDay: pick([nil, 150]) ?? nil)
        let a = await Result.of { try await self.memory.submit(submission) }
        let b = await Result.of { try await self.sqlite.submit(submission) }
        switch (a, b) {
        case (.success(let a), .success(let b)):
            #expect(a.isRepeated == b.isRepeated)
            if !a.isRepeated { jobs.append((a.job.id, b.job.id)) }
            try await expectSame(a.job, b.job)
        case (.failure(QueueError.full(let a)), .failure(QueueError.full(let b))): #expect(abs(a - b) < 1e-6)
        case (.failure(QueueError.budgetSpent(_, let a)), .failure(QueueError.budgetSpent(_, let b))):
            #expect(abs(a - b) < 1e-6)
        case (.failure(let a), .failure(let b)): #expect(a as? QueueError == b as? QueueError)
        default: Issue.record("\(a) beside \(b)")
        }
    }

    private func lease() async throws {
        let models: Set<String> = Bool.random(using: &generator) ? ["x"] : []
        let a = try await memory.lease(preferring: models, seconds: 20)
        let b = try await sqlite.lease(preferring: models, seconds: 20)
        try await expectSame(a?.job, b?.job)
        if let a, let b { leases.append((a, b)) }
    }

    private func companions() async throws {
        guard let lease = pick(leases) else { return }
        let a = try await memory.leaseCompanions(of: lease.memory, limit: 2, seconds: 20)
        let b = try await sqlite.leaseCompanions(of: lease.sqlite, limit: 2, seconds: 20)
        #expect(a.count == b.count)
        for (a, b) in zip(a, b) {
            try await expectSame(a.job, b.job)
            leases.append((a, b))
        }
    }

    private func finish() async throws {
        guard let lease = pick(leases) else { return }
        let images = digests.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
        let seconds = Double.random(in: 0...30, using: &generator)
        let outcome = pick([
            success(images, seconds: seconds), .failed(JobFailure(.internalError, "no")), .cancelled,
            .blocked(
                [SafetyRecord(.blocked)], JobUsage(stages: [.init("text", seconds: seconds)], steps: 1, peakBytes: 1)),
        ])
        guard let outcome else { return }
        let a = try await memory.finish(lease.memory, outcome), b = try await sqlite.finish(lease.sqlite, outcome)
        #expect(a == b)
    }

    private func look() async throws {
        let a = await memory.depth(), b = try await sqlite.depth()
        #expect(a.queued == b.queued && a.running == b.running && abs(a.backlogSeconds - b.backlogSeconds) < 1e-6)
        for job in jobs {
            let a = await memory.position(of: job.memory), b = try await sqlite.position(of: job.sqlite)
            #expect(a == b)
        }
        for digest in digests {
            let owner = Bool.random(using: &generator) ? nil : pick(owners)
            let a = try await memory.isReferred(digest), b = try await sqlite.isReferred(digest)
            #expect(a == b)
            let c = await memory.image(digest, owner: owner), d = try await sqlite.image(digest, owner: owner)
            #expect(c?.digest == d?.digest)
        }
        for owner in owners {
            var filter = JobFilter(owner: owner)
            filter.limit = 5
            filter.states = pick([[], [.queued, .running], [.succeeded]]) ?? []
            let a = try await memory.jobs(filter), b = try await sqlite.jobs(filter)
            #expect(a.count == b.count)
            for (a, b) in zip(a, b) { try await expectSame(a, b) }
        }
    }

    func expectSameRecords() async throws {
        for job in jobs {
            try await expectSame(
                try await memory.job(job.memory, owner: nil), try await sqlite.job(job.sqlite, owner: nil))
        }
    }

    /// Ends every lease of the one queue by time, those of the other by beginning anew.
    func restart() async throws {
        clock.advance(1000)
        let clock = clock
        sqlite = try await SQLiteJobQueue(try ServerDatabase(path), capacity: 12) { clock.now }
        _ = try await memory.sweep(Retention())
        _ = try await sqlite.sweep(Retention())
    }

    /// The same job under either name.
    private func expectSame(_ a: JobRecord?, _ b: JobRecord?) async throws {
        guard let a, let b else {
            #expect(a == nil && b == nil)
            return
        }
        let names = jobs.first { $0.memory == a.id }
        #expect(names?.sqlite == b.id)
        let renamed = JobRecord(
            id: b.id, owner: a.owner, request: a.request, priority: a.priority, lifecycle: a.lifecycle,
            submitted: a.submitted, started: a.started, finished: a.finished, estimatedSeconds: a.estimatedSeconds,
            outcome: a.outcome)
        #expect(renamed == b)
    }
}

extension Result where Failure == any Error {
    fileprivate static func of(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}

/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", `nextSeed` and `mix64`.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
