/// A block of touched memory: every float32 and bfloat16 in it is 0.01.
final class Block: @unchecked Sendable {  // guarded by: its users write to parts of their own
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) {
        base = .allocate(byteCount: byteCount, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0x3c, count: byteCount)
    }

    deinit { base.deallocate() }
}
