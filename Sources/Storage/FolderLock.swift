import Glibc

/// Holds a data folder for this process alone; the kernel lets go of it when the process ends, however it ends.
public final class FolderLock: Sendable {
    private let file: CInt

    /// Takes the folder at `path`, which is made if there is none.
    ///
    /// - Throws: ``StorageError/inUse`` if another process has it.
    public init(_ path: String) throws(StorageError) {
        try makeFolder(path)
        let name = path + "/lock"
        file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .file(name: "lock", reason: String(cString: strerror(errno))) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(file)
            throw reason == EWOULDBLOCK ? .inUse : .file(name: "lock", reason: String(cString: strerror(reason)))
        }
    }

    deinit { close(file) }
}
