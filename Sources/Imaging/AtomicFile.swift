import Glibc

/// Files that appear whole or not at all.
public enum AtomicFile {
    /// Writes `bytes` to `path` through a temporary file beside it, which no failure leaves behind.
    ///
    /// - Throws: ``ImagingError/fileExists(name:)`` if something is there and `replacing` is false, which holds against
    ///   other processes too; else ``ImagingError/fileNotWritten(name:reason:)``.
    public static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(ImagingError) {
        let name = baseName(path)
        // Not made of the file's own name, which may be as long as names may be.
        let temporary = "\(folder(path)).\(getpid())-\(UInt32.random(in: .min ... .max)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(name) }
        var failed = writeAll(bytes, to: descriptor)
        if close(descriptor) != 0, failed == nil { failed = failure(name) }
        if failed == nil { failed = replacing ? move(temporary, to: path) : link(temporary, as: path) }
        unlink(temporary)
        if let failed { throw failed }

        func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> ImagingError? {
            bytes.withUnsafeBytes { rest in
                var rest = rest[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return failure(name) }
                    rest = rest.dropFirst(count)
                }
                return nil
            }
        }
        func move(_ temporary: String, to path: String) -> ImagingError? {
            rename(temporary, path) == 0 ? nil : failure(name)
        }
        // A hard link, unlike a rename, refuses to replace; where a file system has none, look before the rename.
        func link(_ temporary: String, as path: String) -> ImagingError? {
            if Glibc.link(temporary, path) == 0 { return nil }
            if errno == EEXIST { return .fileExists(name: name) }
            guard [EPERM, ENOTSUP, ENOSYS, EINVAL].contains(errno) else { return failure(name) }
            return access(path, F_OK) == 0 ? .fileExists(name: name) : move(temporary, to: path)
        }
    }

    private static func failure(_ name: String) -> ImagingError {
        .fileNotWritten(name: name, reason: String(cString: strerror(errno)))
    }

    /// The part of `path` before its last component: empty, or up to a slash.
    private static func folder(_ path: String) -> Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
