public import DaguerreTensors

/// Plain loops that define every operation, and the oracle that the other backends are tested against.
///
/// Tensors are float32; sums, statistics and functions are computed in double and rounded once, at the end. It is slow,
/// and meant for small models: an allocation that would pass `memoryLimit` throws ``BackendError/outOfMemory(byteCount:)``.
public struct ReferenceBackend: Sendable {
    let ledger = MemoryLedger()
    let memoryLimit: Int

    /// Makes a backend that holds at most `memoryLimit` bytes.
    public init(memoryLimit: Int = 8 << 30) {
        self.memoryLimit = memoryLimit
    }
}

extension ReferenceBackend: Backend {
    /// Always float32.
    public var activationType: ElementType { .float32 }

    /// Tensors and weights that are alive.
    public var memory: MemoryReport { ledger.report }

    /// Starts the peak again from what is held now.
    public func resetPeak() { ledger.resetPeak() }

    /// Copies `host` in; only float32 is stored.
    public func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        precondition(!host.isShapeOnly, "a tensor that is computed with has bytes")
        try checkType(elementType, "upload")
        try checkMemory(host.shape.elementCount)
        return tensor(host.floats, host.shape)
    }

    /// Copies the elements out.
    public func download(_ x: Tensor) throws -> HostTensor {
        HostTensor(try values(x, "download"), shape: x.shape)
    }

    /// A copy; float32 is the only type there is.
    public func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try checkType(elementType, "convert")
        return tensor(try values(x, "convert"), x.shape)
    }

    /// Whether no element is a NaN or an infinity.
    public func isFinite(_ x: Tensor) throws -> Bool {
        try values(x, "isFinite").allSatisfy(\.isFinite)
    }
}
