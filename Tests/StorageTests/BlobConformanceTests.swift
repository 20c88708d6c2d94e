import DaguerreJobs
import DaguerreStorage
import Foundation
import GatewaySupport
import Testing

/// What every blob store does when what is old is wanted again.
@Suite struct BlobConformanceTests {
    enum Kind: CaseIterable, Sendable {
        case file, memory
    }

    /// A store, and how its blobs grow old.
    private struct StoreUnderTest {
        let store: any BlobStore
        private let folder: TemporaryFolder
        private let clock = TestClock()
        private let kind: Kind

        init(_ kind: Kind) throws {
            self.kind = kind
            folder = try TemporaryFolder()
            let clock = clock
            store = kind == .file ? try FileBlobStore(folder.path) : MemoryBlobs { clock.now }
        }

        var now: Timestamp { kind == .file ? .now() : clock.now }

        func age(_ digest: BlobDigest, by seconds: Double) throws {
            clock.advance(seconds)
            guard kind == .file else { return }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -seconds)],
                ofItemAtPath: "\(folder.path)/\(digest.description.prefix(2))/\(digest)")
        }
    }

    @Test(arguments: Kind.allCases) func whatIsPutAgainAfterTheSweepHasSeenItStays(_ kind: Kind) async throws {
        let test = try StoreUnderTest(kind)
        let bytes: [UInt8] = [1, 2, 3]
        let digest = try await test.store.put(bytes)
        try test.age(digest, by: 1000)
        // A sweep lists it, and asks whether anyone needs it; meanwhile somebody does.
        let moment = test.now + -900
        #expect(try await test.store.all().map { $0.written < moment } == [true])
        #expect(try await test.store.put(bytes) == digest)
        try await test.store.remove(digest, ifOlderThan: moment)
        #expect(try await test.store.read(digest, range: nil) == bytes)
        try test.age(digest, by: 1000)
        try await test.store.remove(digest, ifOlderThan: test.now + -900)
        #expect(try await test.store.read(digest, range: nil) == nil)
        // What is not there may be forgotten again.
        try await test.store.remove(digest, ifOlderThan: test.now)
    }

    /// However the two fall in with each other: what was put is there.
    @Test(arguments: Kind.allCases) func noSweepFallsIntoAPut(_ kind: Kind) async throws {
        let test = try StoreUnderTest(kind)
        let bytes: [UInt8] = [4, 5, 6]
        var lost = 0
        for _ in 0..<1000 {
            let digest = try await test.store.put(bytes)
            try test.age(digest, by: 1000)
            let moment = test.now + -900
            async let removed: Void = test.store.remove(digest, ifOlderThan: moment)
            async let again = test.store.put(bytes)
            _ = try await (removed, again)
            if try await test.store.read(digest, range: nil) == nil { lost += 1 }
        }
        #expect(lost == 0)
    }
}
