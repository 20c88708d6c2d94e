import Dispatch
import Glibc

/// Seconds that copying `byteCount` bytes takes on `threads` threads.
func copySeconds(byteCount: Int, threads: Int, seconds: Double) -> Double {
    let source = Block(byteCount: byteCount)
    let target = Block(byteCount: byteCount)
    let part = (byteCount + threads - 1) / threads
    return Timing(seconds: seconds) {
        DispatchQueue.concurrentPerform(iterations: threads) { i in
            let start = min(i * part, byteCount)
            memcpy(target.base + start, source.base + start, min(part, byteCount - start))
        }
    }.median
}

/// A block of touched memory.
private final class Block: @unchecked Sendable {  // guarded by: each thread has a part of its own
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) {
        base = .allocate(byteCount: byteCount, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 1, count: byteCount)
    }

    deinit { base.deallocate() }
}
