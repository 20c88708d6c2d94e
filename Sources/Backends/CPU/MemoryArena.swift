import DaguerreTensors
import Glibc
import Synchronization

/// One range of addresses that all weights, tensors and scratch space of a backend lie in.
///
/// The range is reserved once and costs nothing until it is touched; pages are 2 MiB where the system has such. A block
/// goes where it fits best, and neighbours that are free become one, so that what the process holds stays close to the
/// most that was ever in use, and the blocks of the next step lie on pages that are there already.
final class MemoryArena: Sendable {
    /// Blocks begin and end on lines of so many bytes.
    static let alignment = 64

    private let space: MemorySpace
    private let free: Mutex<FreeRanges>

    /// Reserves as many addresses as the machine, or the process's control group, has memory.
    ///
    /// - Throws: ``BackendError/outOfMemory(byteCount:)`` if the system grants none.
    init() throws(BackendError) {
        var capacity = MemorySpace.limit
        var space = MemorySpace(byteCount: capacity)
        // An address space limit (`ulimit -v`) may be lower; half of what is left stays for everything else.
        while space == nil && capacity > 64 << 20 {
            capacity /= 2
            space = MemorySpace(byteCount: capacity)
        }
        guard let space else { throw .outOfMemory(byteCount: capacity) }
        self.space = space
        free = Mutex(FreeRanges(space.byteCount))
    }

    /// Bytes that a block of `byteCount` takes.
    static func size(_ byteCount: Int) -> Int {
        (max(byteCount, 1) + alignment - 1) / alignment * alignment
    }

    /// A block of `byteCount` bytes with arbitrary contents.
    ///
    /// - Throws: ``BackendError/outOfMemory(byteCount:)`` where the machine's memory would not hold it.
    func allocate(_ byteCount: Int) throws(BackendError) -> UnsafeMutableRawPointer {
        guard let offset = free.withLock({ $0.take(Self.size(byteCount)) }) else {
            throw .outOfMemory(byteCount: byteCount)
        }
        return space.base + offset
    }

    /// Gives back a block of `byteCount` bytes that ``allocate(_:)`` made.
    func release(_ block: UnsafeMutableRawPointer, byteCount: Int) {
        let start = block - space.base
        free.withLock { $0.put(start..<start + Self.size(byteCount)) }
    }

    /// Gives the pages of free blocks back to the system.
    func trim() {
        free.withLock { ranges in
            for range in ranges.touched { space.forget(range) }
            ranges.forgetTouched()
        }
    }
}

/// Reserved addresses.
private final class MemorySpace: Sendable {
    let byteCount: Int
    private let address: UInt

    var base: UnsafeMutableRawPointer {
        // A mapping never lies at address 0.
        UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
    }

    /// Nil if the system refuses.
    init?(byteCount: Int) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            return nil
        }
        // Only advice: a kernel without large pages refuses, and all is well.
        _ = madvise(base, byteCount, MADV_HUGEPAGE)
        address = UInt(bitPattern: base)
        self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }

    /// Returns the whole pages within `range` to the system.
    func forget(_ range: Range<Int>) {
        let page = Self.page
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        if start < end { _ = madvise(base + start, end - start, MADV_DONTNEED) }
    }

    /// Memory of the machine, or of the tightest control group around the process.
    static var limit: Int {
        let machine = max(1, sysconf(Int32(_SC_PHYS_PAGES))) * page
        let large = 2 << 20
        return max(large, min(machine, ControlGroups().memoryLimit ?? machine) / large * large)
    }

    /// Bytes of one page: 4096 on x86, more on some ARM machines.
    private static let page = max(1, sysconf(Int32(_SC_PAGESIZE)))
}

/// The free parts of a range of offsets, in rising order, no two of them touching.
package struct FreeRanges {
    private var ranges: [Range<Int>]
    /// Offsets from here on were never given out.
    private var watermark = 0

    package init(_ byteCount: Int) { ranges = [0..<byteCount] }

    /// The start of the smallest range that holds `size`, which is free no longer; nil if none does.
    package mutating func take(_ size: Int) -> Int? {
        var best: Int?
        for (index, range) in ranges.enumerated() where range.count >= size {
            if let found = best, ranges[found].count <= range.count { continue }
            best = index
            if range.count == size { break }
        }
        guard let best else { return nil }
        let range = ranges[best]
        if range.count == size {
            ranges.remove(at: best)
        } else {
            ranges[best] = range.lowerBound + size..<range.upperBound
        }
        watermark = max(watermark, range.lowerBound + size)
        return range.lowerBound
    }

    /// Makes `range` free again.
    package mutating func put(_ range: Range<Int>) {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        var joined = range
        if low < ranges.count, ranges[low].lowerBound == range.upperBound {
            joined = joined.lowerBound..<ranges[low].upperBound
            ranges.remove(at: low)
        }
        if low > 0, ranges[low - 1].upperBound == range.lowerBound {
            ranges[low - 1] = ranges[low - 1].lowerBound..<joined.upperBound
        } else {
            ranges.insert(joined, at: low)
        }
    }

    /// Free parts that may have pages.
    package var touched: [Range<Int>] {
        ranges.compactMap { $0.lowerBound < watermark ? $0.lowerBound..<min($0.upperBound, watermark) : nil }
    }

    /// Notes that ``touched`` has no pages any longer.
    package mutating func forgetTouched() {
        if let last = ranges.last, last.lowerBound < watermark, last.upperBound >= watermark {
            watermark = last.lowerBound
        }
    }
}
