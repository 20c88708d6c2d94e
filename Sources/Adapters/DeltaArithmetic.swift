import DaguerreTensors

/// Multiplies adapters' matrices out: on the backend where it is a matrix product, else element by element.
///
/// In a rehearsal only shapes are made.
struct DeltaArithmetic {
    let backend: any Backend

    /// What `change` is the product of: a matrix `[O, N]`, float32, and what remains to multiply it by.
    func matrix(_ change: WeightChange) throws -> (product: Tensor, scale: Double) {
        let (outputs, inputs) = change.extent
        let shape: Shape = [outputs, inputs]
        switch change {
        case .full(let difference): return (try backend.upload(difference.reshaped(shape), as: .float32), 1)
        case .lowRank(let x): return (try product(x.up, down(x).reshaped([x.rank, inputs])), x.scale)
        case .hadamard(let x):
            let (first, second) = (try host(matrix(x.first)), try host(matrix(x.second)))
            return (try upload(shape) { zip(first.floats, second.floats).map { $0 * $1 } }, x.scale)
        case .kronecker(let x):
            let (first, second) = (try host(matrix(x.first)), try host(matrix(x.second)))
            return (try upload(shape) { Self.kronecker(first, second) }, x.scale)
        }
    }

    /// The first matrix of a product, `[rank, I]` or `[rank, I, K, K]`, with the core multiplied into it.
    func down(_ product: WeightChange.LowRank) throws -> HostTensor {
        guard let core = product.core else { return product.down }
        let (rank, inputs) = (product.rank, product.down.shape.elementCount / max(product.rank, 1))
        let shape: Shape = [rank, inputs, core.shape[2], core.shape[3]]
        return try host(shape) { Self.contracted(core, product.down.reshaped([rank, inputs])) }
    }

    private func matrix(_ factors: WeightChange.Factors) throws -> Tensor {
        switch factors {
        case .whole(let x):
            return try backend.upload(
                x.reshaped([x.shape[0], x.shape.elementCount / max(x.shape[0], 1)]), as: .float32)
        case .product(let a, let b): return try product(a, b)
        case .tucker(let core, let a, let b):
            let (rank, outputs) = (core.shape[0], a.shape[1])
            let right = try host([rank, b.shape[1] * core.kernelCount]) { Self.contracted(core, b) }
            return try product(host([outputs, rank]) { Self.transposed(a.floats, rows: rank) }, right)
        }
    }

    /// `a [O, R] · b [R, N]`, float32.
    private func product(_ a: HostTensor, _ b: HostTensor) throws -> Tensor {
        let columns = try host([b.shape[1], b.shape[0]]) { Self.transposed(b.floats, rows: b.shape[0]) }
        let matrix = try backend.prepareLinear("lora_down", weight: columns, bias: nil)
        return try backend.linear(
            backend.upload(a, as: .float32), matrix, residual: nil, activation: .identity, as: .float32)
    }

    // MARK: Between host and backend

    /// The elements of `x`; a shape only in a rehearsal.
    func host(_ x: Tensor) throws -> HostTensor {
        backend.isRehearsal ? .withoutBytes(x.shape) : try backend.download(x)
    }

    /// What `make` computes; a shape only in a rehearsal.
    func host(_ shape: Shape, _ make: () -> [Float]) throws -> HostTensor {
        backend.isRehearsal ? .withoutBytes(shape) : HostTensor(make(), shape: shape)
    }

    private func upload(_ shape: Shape, _ make: () -> [Float]) throws -> Tensor {
        try backend.upload(host(shape, make), as: .float32)
    }

    // MARK: Element by element

    /// `values`, of `rows` rows, with rows and columns exchanged.
    static func transposed(_ values: [Float], rows: Int) -> [Float] {
        let columns = values.count / max(rows, 1)
        return [Float](unsafeUninitializedCapacity: values.count) { result, count in
            for column in 0..<columns {
                for row in 0..<rows {
                    result.initializeElement(at: column * rows + row, to: values[row * columns + column])
                }
            }
            count = values.count
        }
    }

    /// `first ⊗ second` of two matrices.
    private static func kronecker(_ first: HostTensor, _ second: HostTensor) -> [Float] {
        let (a, b) = (first.floats, second.floats)
        let (columnsA, columnsB) = (first.shape[1], second.shape[1])
        var result: [Float] = []
        result.reserveCapacity(a.count * b.count)
        for rowA in 0..<first.shape[0] {
            for rowB in 0..<second.shape[0] {
                for columnA in 0..<columnsA {
                    let factor = a[rowA * columnsA + columnA]
                    for columnB in 0..<columnsB { result.append(factor * b[rowB * columnsB + columnB]) }
                }
            }
        }
        return result
    }

    /// `Σⱼ core[i, j, K, K] · b[j, I]` → `[i, I, K, K]`.
    private static func contracted(_ core: HostTensor, _ b: HostTensor) -> [Float] {
        let (core, size, kernel) = (core.floats, core.shape[0], core.kernelCount)
        let (b, rank, inputs) = (b.floats, b.shape[0], b.shape[1])
        var result = [Float](repeating: 0, count: size * inputs * kernel)
        for i in 0..<size {
            for j in 0..<rank {
                for input in 0..<inputs {
                    let factor = b[j * inputs + input]
                    let (from, to) = ((i * rank + j) * kernel, (i * inputs + input) * kernel)
                    for k in 0..<kernel { result[to + k] += factor * core[from + k] }
                }
            }
        }
        return result
    }
}

extension HostTensor {
    /// A tensor that has a shape only.
    static func withoutBytes(_ shape: Shape) -> HostTensor {
        HostTensor(
            shape: shape, elementType: .float32, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
    }
}
