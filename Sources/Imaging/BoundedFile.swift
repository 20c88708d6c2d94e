import Glibc

/// Files that are read whole, within a bound.
enum BoundedFile {
    /// The bytes of the regular file at `path`, at most `limit` of them.
    ///
    /// - Throws: ``ImagingError/fileNotRead(name:reason:)``, or ``ImagingError/inFile(name:_:)`` before any
    ///   byte is read.
    static func read(_ path: String, limit: Int) throws(ImagingError) -> [UInt8] {
        let name = name(path)
        guard !path.contains("\0") else { throw .fileNotRead(name: name, reason: "its name holds a NUL") }
        // Not blocking: a pipe in place of a file must not make us wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .fileNotRead(name: name, reason: "it is not a regular file")
        }
        guard status.st_size <= limit else {
            throw .inFile(name: name, .tooManyBytes(count: Int(status.st_size), limit: limit))
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { room in
                Glibc.read(descriptor, room.baseAddress.map { $0 + filled }, room.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(name) }
            guard count > 0 else { throw .fileNotRead(name: name, reason: "it became shorter while it was read") }
            filled += count
        }
        return bytes
    }

    /// The last part of a path, which is all that messages show.
    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private static func failure(_ name: String) -> ImagingError {
        .fileNotRead(name: name, reason: String(cString: strerror(errno)))
    }
}
