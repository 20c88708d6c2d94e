import Glibc

/// How a file's bytes come into memory.
public enum Mapping: String, Hashable, Sendable, CaseIterable {
    /// Mapped, unless the file lies on a network file system.
    case automatic
    /// Mapped: pages come in as they are touched, and are shared between processes.
    ///
    /// Whoever cuts such a file short while it is in use ends the process; replace files by renaming instead.
    case mapped
    /// Read wholly, in large parallel requests.
    case read
}

/// The immutable bytes of a file or of a part of the binary.
public final class HostBytes: @unchecked Sendable {  // guarded by: the bytes never change once the object is made
    private enum Source { case mapping, memory, borrowed }

    private let source: Source
    private let pointer: UnsafeRawBufferPointer

    /// Views memory that lives as long as the process, such as a file embedded in the binary.
    public init(staticBytes: UnsafeRawBufferPointer) {
        source = .borrowed
        pointer = staticBytes
    }

    /// Holds a copy of `bytes`.
    public init(copying bytes: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
        copy.copyBytes(from: bytes)
        source = .memory
        pointer = UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])
    }

    /// Opens the file at `path`.
    ///
    /// - Throws: ``CheckpointError/unreadable(file:reason:)`` with the file's base name.
    public init(path: String, mapping: Mapping = .automatic) throws(CheckpointError) {
        let file = try RegularFile(path: path)
        let isMapped =
            switch mapping {
            case .automatic: !file.isOnNetwork
            case .mapped: true
            case .read: false
            }
        if file.byteCount == 0 {
            source = .borrowed
            pointer = UnsafeRawBufferPointer(start: nil, count: 0)
        } else if isMapped {
            source = .mapping
            pointer = try file.map()
        } else {
            source = .memory
            pointer = try file.readAll()
        }
    }

    /// The number of bytes.
    public var count: Int { pointer.count }

    /// Whether the bytes are a file's pages, which ``dropPages(_:)`` can give back.
    public var isMapped: Bool { source == .mapping }

    /// Calls `body` with the bytes, valid during the call only.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let result = try body(pointer)
        withExtendedLifetime(self) {}
        return result
    }

    /// The bytes of `range` for a tensor that keeps this object as its owner.
    func view(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: pointer[range])
    }

    /// Starts bringing a mapped file's pages in, ahead of their use.
    func prefetch() {
        guard source == .mapping else { return }
        madvise(UnsafeMutableRawPointer(mutating: pointer.baseAddress), pointer.count, MADV_WILLNEED)
    }

    /// Gives the pages wholly inside `range` back to the system; they come in again from the file when touched.
    ///
    /// Does nothing to bytes that are not a mapped file.
    public func dropPages(_ range: Range<Int>) {
        guard source == .mapping, let base = pointer.baseAddress else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let range = range.clamped(to: 0..<count)
        // The last page of the file is dropped whole; any other page only if all of it is in the range.
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound == count ? range.upperBound : range.upperBound / page * page
        guard start < end else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED)
    }

    deinit {
        switch source {
        case .mapping: munmap(UnsafeMutableRawPointer(mutating: pointer.baseAddress), pointer.count)
        case .memory: pointer.deallocate()
        case .borrowed: break
        }
    }
}
