import DaguerreTensors

/// A block of the arena that is counted while it lives: a tensor's elements, scratch space or a packed weight.
///
/// A ``MemoryReport`` counts every live block at its requested size, rounded up to 64 bytes: tensors, weights, and the
/// scratch space of the operation at hand. Free parts of the arena are not counted.
final class CPUBuffer: TensorStorage, @unchecked Sendable {  // guarded by: tensors are immutable once they are returned
    enum Purpose {
        case tensor, weight
    }

    let base: UnsafeMutableRawPointer
    let byteCount: Int
    private let arena: MemoryArena
    private let ledger: MemoryLedger
    private let purpose: Purpose

    init(
        byteCount: Int, _ purpose: Purpose = .tensor, arena: MemoryArena, ledger: MemoryLedger
    ) throws(BackendError) {
        base = try arena.allocate(byteCount)
        self.byteCount = byteCount
        self.arena = arena
        self.ledger = ledger
        self.purpose = purpose
        switch purpose {
        case .tensor: ledger.hold(MemoryArena.size(byteCount))
        case .weight: ledger.holdWeight(MemoryArena.size(byteCount))
        }
    }

    deinit {
        arena.release(base, byteCount: byteCount)
        switch purpose {
        case .tensor: ledger.release(MemoryArena.size(byteCount))
        case .weight: ledger.releaseWeight(MemoryArena.size(byteCount))
        }
    }
}
