import Crypto
public import DaguerreJobs
import Dispatch
import Glibc
import Synchronization

/// Keeps bytes in files called by their digests: `<folder>/ab/<digest>`.
///
/// A blob is there whole or not at all: it is written beside its place, flushed, and renamed, and so is the folder's entry.
public final class FileBlobStore: BlobStore {
    private let folder: String
    /// Disks are waited for here, never on the cooperative pool.
    private let disk = DispatchQueue(label: "daguerre.blobs", attributes: .concurrent)
    /// Held while a blob is looked at and then touched or forgotten, so that neither falls into the middle of the other.
    private let fates = Mutex(())

    /// Keeps blobs in the folder at `path`, which is made if there is none.
    public init(_ path: String) throws(StorageError) {
        folder = path
        try makeFolder(path)
        for prefix in 0...255 { try makeFolder(path + "/" + twoDigits(prefix), isFlushed: false) }
        // A blob is not kept by a folder whose own name a power cut takes away.
        try flushFolder(path)
        removeParts()
    }

    /// Keeps `bytes` durably; what is there already is not written again.
    public func put(_ bytes: [UInt8]) async throws -> BlobDigest {
        try await onDisk { [self] in
            let hexadecimal = SHA256.hash(data: bytes).map { twoDigits(Int($0)) }.joined()
            guard let digest = BlobDigest(hexadecimal) else { throw StorageError.corrupt(name: "a blob") }
            if !touch(digest, byteCount: bytes.count) { try write(bytes, digest) }
            // Whoever put it first may not have come so far yet.
            try flushNames(digest)
            return digest
        }
    }

    /// The bytes, or those of `range`.
    public func read(_ digest: BlobDigest, range: Range<Int>? = nil) async throws -> [UInt8]? {
        try await onDisk { [self] in
            let file = open(path(digest), O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                if errno == ENOENT { return nil }
                throw error(digest)
            }
            defer { close(file) }
            var status = stat()
            guard fstat(file, &status) == 0 else { throw error(digest) }
            let byteCount = Int(status.st_size)
            let wanted = (range ?? 0..<byteCount).clamped(to: 0..<byteCount)
            let bytes = try [UInt8](unsafeUninitializedCapacity: wanted.count) { buffer, count in
                while count < wanted.count {
                    let read = pread(
                        file, buffer.baseAddress.map { $0 + count }, wanted.count - count,
                        off_t(wanted.lowerBound + count))
                    guard read > 0 else {
                        if read < 0, errno == EINTR { continue }
                        throw read == 0 ? StorageError.corrupt(name: digest.description) : error(digest)
                    }
                    count += read
                }
            }
            // A part says nothing of the whole.
            if wanted.count == byteCount, !isNamed(bytes, digest) {
                throw StorageError.corrupt(name: digest.description)
            }
            return bytes
        }
    }

    /// Forgets the bytes, if they are there and nobody has put them since `moment`.
    public func remove(_ digest: BlobDigest, ifOlderThan moment: Timestamp) async throws {
        try await onDisk { [self] in
            try fates.withLock { _ in
                var status = stat()
                if stat(path(digest), &status) == 0 {
                    guard Timestamp(status.st_mtim) < moment else { return }
                    if unlink(path(digest)) == 0 { return }
                }
                guard errno == ENOENT else { throw error(digest) }
            }
        }
    }

    /// Every blob kept, with when it was written or last wanted.
    public func all() async throws -> [(digest: BlobDigest, written: Timestamp)] {
        try await onDisk { [self] in
            (0...255).flatMap { prefix in
                entries(of: twoDigits(prefix)).compactMap { name in
                    guard let digest = BlobDigest(name) else { return nil }
                    var status = stat()
                    guard stat(path(digest), &status) == 0 else { return nil }
                    return (digest, Timestamp(status.st_mtim))
                }
            }
        }
    }

    /// Marks the blob as wanted again, for whoever sweeps old ones; false where it is not there or not whole.
    private func touch(_ digest: BlobDigest, byteCount: Int) -> Bool {
        fates.withLock { _ in
            var status = stat()
            return stat(path(digest), &status) == 0 && Int(status.st_size) == byteCount
                && utimensat(AT_FDCWD, path(digest), nil, 0) == 0
        }
    }

    private func isNamed(_ bytes: [UInt8], _ digest: BlobDigest) -> Bool {
        SHA256.hash(data: bytes).map { twoDigits(Int($0)) }.joined() == digest.description
    }

    private func write(_ bytes: [UInt8], _ digest: BlobDigest) throws {
        var generator = SystemRandomNumberGenerator()
        let part = path(digest) + ".\(UInt64.random(in: 0 ... .max, using: &generator)).part"
        let file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw error(digest) }
        var isRenamed = false
        defer {
            close(file)
            if !isRenamed { unlink(part) }
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(written))
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw error(digest)
            }
            written += count
        }
        guard fsync(file) == 0, rename(part, path(digest)) == 0 else { throw error(digest) }
        isRenamed = true
    }

    /// Brings the folder's names to the disk, of which the blob's is one.
    private func flushNames(_ digest: BlobDigest) throws(StorageError) {
        try flushFolder(folder + "/" + digest.description.prefix(2))
    }

    /// What a crash left half written.
    private func removeParts() {
        for prefix in (0...255).map(twoDigits) {
            for name in entries(of: prefix) where name.hasSuffix(".part") { unlink("\(folder)/\(prefix)/\(name)") }
        }
    }

    private func entries(of prefix: String) -> [String] {
        guard let directory = opendir(folder + "/" + prefix) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    private func path(_ digest: BlobDigest) -> String { "\(folder)/\(digest.description.prefix(2))/\(digest)" }

    private func error(_ digest: BlobDigest) -> StorageError {
        let name = "blobs/" + digest.description.prefix(12)
        return errno == ENOSPC || errno == EDQUOT
            ? .full(name: name) : .file(name: name, reason: String(cString: strerror(errno)))
    }

    private func onDisk<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            disk.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}

extension Timestamp {
    /// The moment that a file system tells.
    fileprivate init(_ time: timespec) {
        self.init(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// A byte as two lowercase hexadecimal digits.
private func twoDigits(_ byte: Int) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}
