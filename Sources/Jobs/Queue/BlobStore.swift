/// SHA-256 of a file's bytes, which is also its name: 64 lowercase hexadecimal digits.
public struct BlobDigest: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 64 lowercase hexadecimal digits.
    public let description: String

    /// Reads what a client wrote; nil if it is no digest, so that it can never be a path.
    public init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(\.isLowercaseHexadecimal) else { return nil }
        description = text
    }

    /// - Throws: `DecodingError` for what is no digest.
    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let digest = BlobDigest(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a digest is 64 lowercase hexadecimal digits"))
        }
        self = digest
    }

    /// Writes the digits.
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// Keeps bytes under their digests.
///
/// Calls may block on a disk and run off the cooperative pool.
public protocol BlobStore: Sendable {
    /// Keeps `bytes` durably: once this returns, a crash does not lose them.
    func put(_ bytes: [UInt8]) async throws -> BlobDigest
    /// The bytes, or those of `range`, which must lie within; nil if they are not there.
    func read(_ digest: BlobDigest, range: Range<Int>?) async throws -> [UInt8]?
    /// Forgets the bytes, if they are there and nobody has put them since `moment`: whoever did may be about to refer to them.
    ///
    /// No ``put(_:)`` of the same bytes falls between looking and forgetting.
    func remove(_ digest: BlobDigest, ifOlderThan moment: Timestamp) async throws
    /// Every blob kept, with when it was last put.
    func all() async throws -> [(digest: BlobDigest, written: Timestamp)]
}
