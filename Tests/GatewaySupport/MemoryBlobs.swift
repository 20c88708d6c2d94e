import Crypto
public import DaguerreJobs

/// Keeps bytes in memory.
public actor MemoryBlobs: BlobStore {
    private var kept: [BlobDigest: (bytes: [UInt8], written: Timestamp)] = [:]
    private let clock: @Sendable () -> Timestamp

    /// Holds nothing.
    public init(clock: @escaping @Sendable () -> Timestamp = Timestamp.now) { self.clock = clock }

    /// Keeps `bytes`.
    public func put(_ bytes: [UInt8]) throws -> BlobDigest {
        let digest = try Self.digest(of: bytes)
        kept[digest] = (bytes, clock())
        return digest
    }

    /// What is kept, or a part of it.
    public func read(_ digest: BlobDigest, range: Range<Int>?) -> [UInt8]? {
        kept[digest].map { kept in range.map { Array(kept.bytes[$0]) } ?? kept.bytes }
    }

    /// Forgets what is old enough.
    public func remove(_ digest: BlobDigest, ifOlderThan moment: Timestamp) {
        if let blob = kept[digest], blob.written < moment { kept[digest] = nil }
    }

    /// Everything.
    public func all() -> [(digest: BlobDigest, written: Timestamp)] { kept.map { ($0.key, $0.value.written) } }

    /// What `bytes` are called.
    public static func digest(of bytes: [UInt8]) throws -> BlobDigest {
        struct NoDigest: Error {}
        let text = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        guard let digest = BlobDigest(text) else { throw NoDigest() }
        return digest
    }
}
