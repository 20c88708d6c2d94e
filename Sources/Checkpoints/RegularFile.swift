import Glibc
import Synchronization

/// An open regular file whose size was taken when it was opened.
struct RegularFile: ~Copyable {
    /// The base name, for messages.
    let name: String
    let byteCount: Int
    private let descriptor: Int32

    init(path: String) throws(CheckpointError) {
        name = path.baseName
        // Not blocking: a pipe in place of a file must not make us wait for its writer.
        descriptor = path.contains("\0") ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .unreadable(file: name, reason: path.contains("\0") ? "its name holds a NUL" : lastSystemError())
        }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else {
            let reason = isKnown ? "it is not a regular file" : lastSystemError()
            close(descriptor)
            throw .unreadable(file: name, reason: reason)
        }
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Whether the file lies on a file system whose pages come over a network or through another process.
    var isOnNetwork: Bool {
        guard let position = text(of: "/proc/self/fdinfo/\(descriptor)"), let mounts = text(of: "/proc/self/mountinfo")
        else {
            return false
        }
        return FileSystem.type(descriptorInfo: position, mountInfo: mounts).map(FileSystem.isNetwork) ?? false
    }

    /// A file that the kernel writes as it is read.
    private func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 1 << 22 {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func map() throws(CheckpointError) -> UnsafeRawBufferPointer {
        let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw .unreadable(file: name, reason: lastSystemError())
        }
        return UnsafeRawBufferPointer(start: address, count: byteCount)
    }

    /// Reads all bytes into memory that the caller deallocates.
    func readAll() throws(CheckpointError) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
        guard let reason = ParallelRead(descriptor: descriptor, into: memory).run() else {
            return UnsafeRawBufferPointer(memory)
        }
        memory.deallocate()
        throw .unreadable(file: name, reason: reason)
    }
}

/// Reads a file with several threads, each asking for a large piece at a time, as network file systems like it.
private final class ParallelRead: @unchecked Sendable {  // guarded by: `next` hands each piece to one thread only
    private static let pieceBytes = 16 << 20
    private static let maximumThreads = 8

    private let descriptor: Int32
    private let memory: UnsafeMutableRawBufferPointer
    private let next = Atomic<Int>(0)
    /// The first error number, 0 if none, −1 for a file that ended early.
    private let failure = Atomic<Int32>(0)

    init(descriptor: Int32, into memory: UnsafeMutableRawBufferPointer) {
        self.descriptor = descriptor
        self.memory = memory
    }

    /// Reads everything; returns why it could not.
    func run() -> String? {
        let pieces = (memory.count + Self.pieceBytes - 1) / Self.pieceBytes
        var threads: [pthread_t] = []
        for _ in 1..<max(1, min(pieces, Self.maximumThreads)) {
            var thread = pthread_t()
            let reference = Unmanaged.passRetained(self)
            let status = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<ParallelRead>.fromOpaque(context).takeRetainedValue().work() }
                    return nil
                }, reference.toOpaque())
            guard status == 0 else {
                reference.release()
                break
            }
            threads.append(thread)
        }
        work()
        for thread in threads { pthread_join(thread, nil) }
        switch failure.load(ordering: .acquiring) {
        case 0: return nil
        case -1: return "it became shorter while it was read"
        case let code: return String(cString: strerror(code))
        }
    }

    private func work() {
        while failure.load(ordering: .relaxed) == 0 {
            var offset = next.wrappingAdd(Self.pieceBytes, ordering: .relaxed).oldValue
            guard offset < memory.count, let base = memory.baseAddress else { return }
            let end = min(offset + Self.pieceBytes, memory.count)
            while offset < end {
                let count = pread(descriptor, base + offset, end - offset, off_t(offset))
                guard count <= 0 else {
                    offset += count
                    continue
                }
                if count < 0, errno == EINTR { continue }
                failure.store(count == 0 ? -1 : errno, ordering: .releasing)
                return
            }
        }
    }
}

/// What the operating system says about the last call that failed.
func lastSystemError() -> String { String(cString: strerror(errno)) }

extension String {
    /// What follows the last slash.
    var baseName: String {
        let end = utf8.last == UInt8(ascii: "/") ? dropLast() : self[...]
        guard let slash = end.utf8.lastIndex(of: UInt8(ascii: "/")) else { return String(end) }
        return String(end[end.utf8.index(after: slash)...])
    }

    /// Whether it ends as the names of PyTorch's pickles do.
    package var namesPickle: Bool { [".ckpt", ".pt", ".pth", ".bin"].contains(where: hasSuffix) }

    /// What precedes the base name: empty, or up to a slash.
    var folderPrefix: String {
        let end = utf8.last == UInt8(ascii: "/") ? dropLast() : self[...]
        return end.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self[...$0]) } ?? ""
    }
}
