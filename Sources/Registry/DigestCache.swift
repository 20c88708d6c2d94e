import Crypto
import FoundationEssentials
import Glibc

/// Digests and descriptions that were computed before, kept from run to run: reading a checkpoint of gigabytes takes
/// seconds, and it seldom changes.
struct DigestCache: Codable, Equatable, Sendable {
    /// What is known of one item.
    struct Knowledge: Codable, Equatable, Sendable {
        var digest: String?
        var description: ModelDescription
    }

    /// The form of the file; another is not read.
    private var version = 1
    /// By the fingerprint of an item.
    private(set) var known: [String: Knowledge] = [:]

    /// Nothing is known.
    init() {}

    subscript(fingerprint: String) -> Knowledge? {
        get { known[fingerprint] }
        set { known[fingerprint] = newValue }
    }

    /// Forgets all but `fingerprints`.
    mutating func keep(_ fingerprints: Set<String>) { known = known.filter { fingerprints.contains($0.key) } }

    /// Reads the file at `path`; nothing is known where there is none, or one that another version or a fault left.
    init(at path: String) {
        guard let data = try? Data(contentsOf: URL(filePath: path)),
            let cache = try? JSONDecoder().decode(DigestCache.self, from: data), cache.version == version
        else { return }
        known = cache.known
    }

    /// Writes the file at `path`, which appears whole or not at all.
    ///
    /// - Throws: `CocoaError` if the system refuses.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
    }
}

extension FolderListing.Item {
    /// Changes whenever the path, the size or the time of a file does.
    var fingerprint: String {
        var hash = SHA256()
        hash.update(data: Array("\(kind.rawValue)\0\(components.joined(separator: "/"))".utf8))
        for part in parts {
            hash.update(data: Array("\0\(part.relative)\0\(part.byteCount)\0\(part.modified)".utf8))
        }
        return hexadecimal(hash.finalize())
    }

    /// SHA-256 of a file's contents; of a folder, of the paths of its files and their contents' digests in their order.
    ///
    /// - Returns: nil if a file cannot be read, or the wait for it is over.
    func digest(_ isCancelled: () -> Bool) -> String? {
        guard parts.count != 1 || parts.first?.relative.isEmpty == false else {
            return fileDigest(path, isCancelled).map(hexadecimal)
        }
        var hash = SHA256()
        for part in parts {
            guard let contents = fileDigest(path + "/" + part.relative, isCancelled) else { return nil }
            hash.update(data: Array(part.relative.utf8) + [0])
            hash.update(data: contents)
        }
        return hexadecimal(hash.finalize())
    }
}

/// SHA-256 of a file of any size, read in pieces.
private func fileDigest(_ path: String, _ isCancelled: () -> Bool) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 4 << 20)
    while !isCancelled() {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return nil }
        guard count > 0 else { return Array(hash.finalize()) }
        buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
    }
    return nil
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}
