import Glibc

/// Makes the folder at `path` and those above it, for its owner alone.
///
/// - Parameter isFlushed: whether its name is on the disk afterwards; else it is once the folder above has been flushed.
func makeFolder(_ path: String, isFlushed: Bool = true) throws(StorageError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    let slash = path.lastIndex(of: "/")
    if let slash, slash != path.startIndex { try makeFolder(String(path[..<slash])) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw folderError(path) }
    guard isFlushed else { return }
    try flushFolder(slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
}

/// Brings the names in the folder at `path` to the disk.
func flushFolder(_ path: String) throws(StorageError) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw folderError(path) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw folderError(path) }
}

private func folderError(_ path: String) -> StorageError {
    let reason = String(cString: strerror(errno))
    return .file(name: path.split(separator: "/").last.map(String.init) ?? "/", reason: reason)
}
