import Dispatch
import Glibc

/// Copies `byteCount` bytes on `threads` threads whenever it is called.
func copying(byteCount: Int, threads: Int) -> () -> Void {
    let source = Block(byteCount: byteCount)
    let target = Block(byteCount: byteCount)
    let part = (byteCount + threads - 1) / threads
    return {
        DispatchQueue.concurrentPerform(iterations: threads) { i in
            let start = min(i * part, byteCount)
            memcpy(target.base + start, source.base + start, min(part, byteCount - start))
        }
    }
}
