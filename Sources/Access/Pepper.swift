package import Crypto
import Glibc

/// The server's own secret, under which the secrets of keys are hashed: 32 random bytes in a file beside the store that only
/// its owner may read.
public struct Pepper: Sendable {
    package let key: SymmetricKey

    private static let byteCount = 32

    /// The pepper of these bytes, at least 16.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= 16 else { return nil }
        key = SymmetricKey(data: bytes)
    }

    /// Reads the file at `path`, or makes it where there is none.
    ///
    /// - Throws: ``AccessError/pepper(_:)`` if it cannot be read or written, is too short, or others may read it.
    public init(at path: String) throws(AccessError) {
        if let bytes = try Self.read(path) {
            guard let pepper = Pepper(bytes) else {
                throw .pepper(
                    "it holds \(bytes.count) bytes where \(Self.byteCount) were written; restore it from a backup")
            }
            self = pepper
            return
        }
        var generator = SystemRandomNumberGenerator()
        let fresh = (0..<Self.byteCount).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
        try Self.write(fresh, path)
        // Of two processes that begin at once, the second has the first one's.
        guard let bytes = try Self.read(path), let pepper = Pepper(bytes) else { throw .pepper("it is gone again") }
        self = pepper
    }

    /// The file's bytes; nil if there is none.
    private static func read(_ path: String) throws(AccessError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else { throw .pepper(String(cString: strerror(errno))) }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .pepper(String(cString: strerror(errno))) }
        guard status.st_mode & 0o077 == 0 else {
            throw .pepper(
                "others than its owner may read it; chmod 600 it, and add the keys anew if they may have been seen")
        }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .pepper(String(cString: strerror(errno))) }
        return Array(bytes.prefix(count))
    }

    /// Whole or not at all: written beside its place, and linked there unless another process was first.
    private static func write(_ bytes: [UInt8], _ path: String) throws(AccessError) {
        let part = path + ".\(getpid())-\(UInt64.random(in: 0 ... .max)).part"
        let file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .pepper(String(cString: strerror(errno))) }
        defer { unlink(part) }
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let reason = errno
        close(file)
        guard isWritten else { throw .pepper(String(cString: strerror(reason))) }
        guard link(part, path) == 0 || errno == EEXIST else { throw .pepper(String(cString: strerror(errno))) }
    }
}
