public import DaguerreTensors

/// Computes nothing: counts the arithmetic, the traffic and the memory of a run over shapes.
///
/// It tells what a request costs before it runs. Weights may have a shape only; no byte of a weight or tensor is read.
/// A downloaded tensor is all zeros, and every tensor counts as finite. What is held is known from the life of each
/// storage, so the peak is that of the very code that runs; each allocation takes whole lines of 64 bytes.
public struct MeterBackend: Sendable {
    /// What weights and activations would be rounded to.
    public let precision: Precision
    /// Rules for packed weights and for the space that operations need besides inputs and outputs.
    public let memoryModel: MemoryModel
    let tally = Tally()

    /// Makes a meter that has counted nothing.
    public init(precision: Precision, memoryModel: MemoryModel = MemoryModel()) {
        self.precision = precision
        self.memoryModel = memoryModel
    }

    /// What was counted so far.
    public var report: MeterReport { tally.report }

    /// Forgets arithmetic and traffic, and starts the peak again from what is held now.
    public func reset() {
        tally.count {
            $0.flops = FLOPCount()
            $0.bytesRead = 0
            $0.bytesWritten = 0
        }
        resetPeak()
    }

    /// Runs `body` without counting its arithmetic and traffic: what a run may do beside its work.
    ///
    /// What it holds counts.
    public func uncounted<R>(_ body: () throws -> R) rethrows -> R {
        let before = report
        defer {
            tally.count {
                $0.flops = before.flops
                $0.bytesRead = before.bytesRead
                $0.bytesWritten = before.bytesWritten
            }
        }
        return try body()
    }

    /// A new tensor that an operation makes of `inputs` and `weights`, holding `scratchBytes` besides meanwhile.
    func output(
        _ operation: String, _ shape: Shape, _ elementType: ElementType, of inputs: [Tensor?],
        weights: [any WeightStorage] = [], scratchBytes: Int = 0
    ) throws(BackendError) -> Tensor {
        var bytesRead = 0
        for case let input? in inputs {
            guard input.storage is MeterStorage else { throw .foreignStorage(operation: operation) }
            bytesRead += input.shape.elementCount * input.elementType.byteCount
        }
        for weight in weights {
            guard weight is MeterWeight else { throw .foreignStorage(operation: operation) }
            bytesRead += weight.byteCount
        }
        let byteCount = shape.elementCount * elementType.byteCount
        tally.count {
            $0.bytesRead = .saturatingSum($0.bytesRead, bytesRead)
            $0.bytesWritten = .saturatingSum($0.bytesWritten, byteCount)
        }
        let storage = MeterStorage(byteCount: byteCount, ledger: tally.ledger)
        tally.ledger.touch(MemoryModel.allocation(scratchBytes))
        return Tensor(shape: shape, elementType: elementType, storage: storage)
    }

    /// Bytes of the rounded copies of those `tensors` that are not in ``activationType``.
    func convertedBytes(_ tensors: Tensor?...) -> Int {
        tensors.reduce(0) { sum, x in
            guard let x, x.elementType != activationType else { return sum }
            return sum + MemoryModel.allocation(x.shape.elementCount * activationType.byteCount)
        }
    }

    func checkType(_ elementType: ElementType, _ operation: String) throws(BackendError) {
        guard elementType == .float32 || elementType == activationType else {
            throw .unsupportedElementType(operation: operation, elementType)
        }
    }
}
