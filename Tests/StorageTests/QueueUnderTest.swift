import DaguerreJobs
import DaguerreStorage
import Foundation
import Synchronization

/// The queues that must behave alike.
enum QueueKind: CaseIterable, Sendable {
    case memory, sqlite
}

/// A clock that tests set.
final class TestClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_800_000_000_000)

    var now: Timestamp { milliseconds.withLock { Timestamp(milliseconds: $0) } }

    func advance(_ seconds: Double) { milliseconds.withLock { $0 += Int64((seconds * 1000).rounded()) } }
}

/// A folder that is deleted with this object.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/daguerre-storage-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A queue, the clock that it goes by, and what it lies in.
struct QueueUnderTest: Sendable {
    let queue: any JobQueue
    let clock = TestClock()
    private let folder: TemporaryFolder

    init(_ kind: QueueKind, capacity: Int = 1000) async throws {
        folder = try TemporaryFolder()
        let clock = clock
        switch kind {
        case .memory: queue = MemoryJobQueue(capacity: capacity) { clock.now }
        case .sqlite:
            queue = try await SQLiteJobQueue(try ServerDatabase(folder.path), capacity: capacity) {
                clock.now
            }
        }
    }

    /// Submits a job a millisecond later than whatever was before.
    @discardableResult
    func submit(
        _ prompt: String = "a lake", owner: Owner = .local, seconds: Double = 1,
        _ change: (inout JobSubmission) -> Void = { _ in }
    ) async throws -> JobRecord {
        clock.advance(0.001)
        var submission = JobSubmission(JobRequest(prompt), owner: owner, estimatedSeconds: seconds)
        change(&submission)
        return try await queue.submit(submission).job
    }

    /// Takes the next job, which must be there.
    func lease(preferring models: Set<String> = [], seconds: Double = 30) async throws -> JobLease {
        guard let lease = try await queue.lease(preferring: models, seconds: seconds) else { throw NothingWaits() }
        return lease
    }

    func state(of job: JobRecord) async throws -> JobState? { try await queue.job(job.id, owner: nil)?.state }

    struct NothingWaits: Error {}
}

/// What a job drew that took so many seconds.
func success(_ digests: [BlobDigest] = [], seconds: Double = 1) -> JobOutcome {
    .succeeded(
        digests.map {
            JobImage(
                digest: $0, width: 8, height: 16, byteCount: 100, mediaType: "image/png", seed: 7,
                infotext: "a \"lake\"\n",
                safety: SafetyRecord(.passed, concepts: [1]))
        }, JobUsage(stages: [.init("denoise", seconds: seconds)], steps: 3, peakBytes: 1 << 40))
}

func digest(_ number: UInt8) throws -> BlobDigest {
    guard
        let digest = BlobDigest(
            (number < 16 ? "0" : "") + String(number, radix: 16) + String(repeating: "0", count: 62))
    else { throw QueueUnderTest.NothingWaits() }
    return digest
}

func upload(_ number: UInt8) throws -> StoredImage {
    StoredImage(digest: try digest(number), mediaType: "image/png", byteCount: 1, width: 2, height: 3)
}
