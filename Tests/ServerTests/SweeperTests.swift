import DaguerreJobs
import DaguerreServer
import DaguerreStorage
import Foundation
import Logging
import Testing

@Suite struct SweeperTests {
    /// A store in which equal bytes are put just before they would be removed.
    private struct Interleaved: BlobStore {
        let store: FileBlobStore
        let bytes: [UInt8]

        func put(_ bytes: [UInt8]) async throws -> BlobDigest { try await store.put(bytes) }
        func read(_ digest: BlobDigest, range: Range<Int>?) async throws -> [UInt8]? {
            try await store.read(digest, range: range)
        }
        func remove(_ digest: BlobDigest, ifOlderThan moment: Timestamp) async throws {
            _ = try await store.put(bytes)
            try await store.remove(digest, ifOlderThan: moment)
        }
        func all() async throws -> [(digest: BlobDigest, written: Timestamp)] { try await store.all() }
    }

    @Test func whatIsStoredAgainDuringASweepStays() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/daguerre-sweeper-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try FileBlobStore(folder)
        let wanted = try await store.put([1]), orphan = try await store.put([2]), young = try await store.put([3])
        for digest in [wanted, orphan] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -5000)],
                ofItemAtPath: "\(folder)/\(digest.description.prefix(2))/\(digest)")
        }
        let sweeper = Sweeper(
            queue: MemoryJobQueue(), blobs: Interleaved(store: store, bytes: [1]), retention: Retention(),
            logger: Logger(label: "test"))
        await sweeper.removeOrphans()
        #expect(Set(try await store.all().map(\.digest)) == [wanted, young])
    }
}
