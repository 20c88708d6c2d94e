import DaguerreTensors

/// The elements of a tensor, counted in its backend's ledger while it lives.
final class FloatStorage: TensorStorage {
    let values: [Float]
    private let ledger: MemoryLedger

    init(_ values: [Float], ledger: MemoryLedger) {
        self.values = values
        self.ledger = ledger
        ledger.hold(values.count * 4)
    }

    deinit { ledger.release(values.count * 4) }
}

/// A weight's elements and its bias: `[K, K, I, O]` for a convolution, `[I, O]` for a matrix, `[C]` for a norm.
final class FloatWeight: WeightStorage {
    let values: [Float]
    let bias: [Float]
    private let ledger: MemoryLedger

    var byteCount: Int { (values.count + bias.count) * 4 }

    init(_ values: [Float], bias: [Float], ledger: MemoryLedger) {
        self.values = values
        self.bias = bias
        self.ledger = ledger
        ledger.holdWeight((values.count + bias.count) * 4)
    }

    deinit { ledger.releaseWeight(byteCount) }
}

extension ReferenceBackend {
    /// The elements of `x`, row-major.
    func values(_ x: Tensor, _ operation: String) throws(BackendError) -> [Float] {
        guard let storage = x.storage as? FloatStorage else { throw .foreignStorage(operation: operation) }
        let count = x.shape.elementCount
        if x.offset == 0 && count == storage.values.count { return storage.values }
        return Array(storage.values[x.offset..<x.offset + count])
    }

    /// The elements of a prepared weight.
    func weight(_ storage: any WeightStorage, _ operation: String) throws(BackendError) -> FloatWeight {
        guard let weight = storage as? FloatWeight else { throw .foreignStorage(operation: operation) }
        return weight
    }

    func tensor(_ values: [Float], _ shape: Shape) -> Tensor {
        Tensor(shape: shape, elementType: .float32, storage: FloatStorage(values, ledger: ledger))
    }

    /// A tensor whose elements `fill` writes into zeros.
    func tensor(_ shape: Shape, fill: (inout [Float]) throws -> Void) throws -> Tensor {
        try checkMemory(shape.elementCount)
        var values = [Float](repeating: 0, count: shape.elementCount)
        try fill(&values)
        return tensor(values, shape)
    }

    func checkMemory(_ elementCount: Int) throws(BackendError) {
        guard elementCount <= (memoryLimit - ledger.report.liveBytes) / 4 else {
            throw .outOfMemory(byteCount: elementCount * 4)
        }
    }

    func checkType(_ elementType: ElementType, _ operation: String) throws(BackendError) {
        guard elementType == .float32 else {
            throw .unsupportedElementType(operation: operation, elementType)
        }
    }
}
