import Daguerre
import DaguerreJobs

/// A blob store in memory.
actor MemoryBlobs: BlobStore {
    private(set) var blobs: [BlobDigest: [UInt8]] = [:]

    func put(_ bytes: [UInt8]) throws -> BlobDigest {
        var hash = SHA256()
        hash.update(bytes)
        guard let digest = BlobDigest(hash.hexadecimal()) else { throw QueueError.storage("no digest") }
        blobs[digest] = bytes
        return digest
    }

    func read(_ digest: BlobDigest, range: Range<Int>?) -> [UInt8]? {
        blobs[digest].map { bytes in range.map { Array(bytes[$0]) } ?? bytes }
    }

    /// All are as old as time.
    func remove(_ digest: BlobDigest, ifOlderThan moment: Timestamp) { blobs[digest] = nil }

    func all() -> [(digest: BlobDigest, written: Timestamp)] { blobs.keys.map { ($0, Timestamp(milliseconds: 0)) } }
}
