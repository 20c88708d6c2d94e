import CKernels
public import DaguerreTensors

// Each operation is its protocol's.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        let operation = weight.name
        precondition(x.shape.channels == weight.inputFeatures, "x is [..., I]")
        try checkType(elementType, operation)
        guard let matrix = weight.storage as? PackedMatrix else {
            throw BackendError.foreignStorage(operation: operation)
        }
        let source = try tensor(x, as: activationType, operation)
        let (result, base) = try makeTensor(x.shape.withChannels(weight.outputFeatures), elementType)
        precondition(residual.map { $0.shape == result.shape } ?? true, "the residual has the output's shape")
        var operations: [PostOperation] = []
        if activation != .identity { operations.append(.activation(activation)) }
        if let residual { operations.append(.add(residual.elementType)) }
        try multiply(
            MatrixProduct(
                rows: x.shape.rows, source: try elements(source, operation), destination: base,
                destinationType: elementType, operations: operations,
                operand: try residual.map { try elements($0, operation) }),
            matrix, bias: matrix.bias)
        withExtendedLifetime((source, residual)) {}
        return result
    }

    public func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        let operation = gate.name
        precondition(x.shape.channels == value.inputFeatures && x.shape.channels == gate.inputFeatures, "x is [..., I]")
        precondition(value.outputFeatures == gate.outputFeatures, "value and gate have one width")
        guard let valueMatrix = value.storage as? PackedMatrix, let gateMatrix = gate.storage as? PackedMatrix else {
            throw BackendError.foreignStorage(operation: operation)
        }
        let x = try tensor(x, as: activationType, operation)
        let (result, base) = try makeTensor(x.shape.withChannels(value.outputFeatures), activationType)
        let source = try elements(x, operation)
        let rowByteCount = value.outputFeatures * activationType.byteCount
        let rows = x.shape.rows
        let rowsAtOnce = min(rows, Self.gegluRowsAtOnce)
        try withScratch(rowsAtOnce * rowByteCount) { (scratch) throws(BackendError) in
            guard let scratch else { return }
            for start in stride(from: 0, to: rows, by: rowsAtOnce) {
                let count = min(rowsAtOnce, rows - start)
                let part = source + start * value.inputFeatures * activationType.byteCount
                var gateProduct = MatrixProduct(
                    rows: count, source: part, destination: scratch, destinationType: activationType,
                    operations: [.activation(.gelu)])
                var valueProduct = MatrixProduct(
                    rows: count, source: part, destination: base + start * rowByteCount,
                    destinationType: activationType, operations: [.multiply(activationType)], operand: scratch)
                if try multiplyByVendor(gateProduct, gateMatrix, bias: gateMatrix.bias),
                    try multiplyByVendor(valueProduct, valueMatrix, bias: valueMatrix.bias)
                {
                    continue
                }
                gateProduct.operations = []
                valueProduct.operations = []
                try multiply(gateProduct, gateMatrix, bias: gateMatrix.bias)
                try multiply(valueProduct, valueMatrix, bias: valueMatrix.bias)
                daguerre_geglu(
                    team.handle, activationType.kernelType, valueProduct.destination, scratch,
                    valueProduct.destination, count * value.outputFeatures)
            }
        }
        withExtendedLifetime(x) {}
        return result
    }

    /// Rows of which the gate is held at once: it stays in the cache until it is used.
    static let gegluRowsAtOnce = 1024
}

/// One product of rows with a packed matrix.
struct MatrixProduct {
    let rows: Int
    let source, destination: UnsafeMutableRawPointer
    let destinationType: ElementType
    /// In order; at most one of them has an operand, and at most one activates.
    var operations: [PostOperation] = []
    var operand: UnsafeMutableRawPointer?
}

extension CPUBackend {
    /// Computes `product`, by oneDNN where it can.
    func multiply(
        _ product: MatrixProduct, _ matrix: PackedMatrix, bias: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
        guard product.rows > 0, try !multiplyByVendor(product, matrix, bias: bias) else { return }
        try multiplyOurselves(product, try ownMatrix(matrix), bias: bias, matrix.extent)
    }

    /// False, and nothing is done, where oneDNN is not there or refuses.
    private func multiplyByVendor(
        _ product: MatrixProduct, _ matrix: PackedMatrix, bias: UnsafeMutablePointer<Float>
    ) throws(BackendError) -> Bool {
        guard let session, let layout = matrix.layout else { return false }
        let problem = MatmulProblem(
            rows: product.rows, matrix: matrix.extent, destination: product.destinationType,
            operations: product.operations, layout: MatmulProblem.Layout(descriptor: layout))
        guard let primitive = try session.matmul(problem) else { return false }
        try withScratch(primitive.scratchByteCount) { (scratch) throws(BackendError) in
            try primitive.execute(
                CompiledPrimitive.Arguments(
                    source: product.source, weights: matrix.buffer.base, destination: product.destination,
                    bias: bias, operand: product.operand, scratch: scratch),
                on: session.streams[0])
        }
        return true
    }

    /// The matrix packed for our own kernel; made from oneDNN's layout when it is first needed.
    private func ownMatrix(_ matrix: PackedMatrix) throws(BackendError) -> CPUBuffer {
        guard let session, let layout = matrix.layout else { return matrix.buffer }
        if let own = matrix.own { return own }
        let extent = matrix.extent
        let own = try CPUBuffer(
            byteCount: daguerre_gemm_packed_size(extent.outputs, extent.inputs), .weight, arena: arena, ledger: ledger)
        try withPlain(layout, matrix.buffer, as: extent.plain(session.library)) { elements in
            daguerre_gemm_pack(
                team.handle, extent.type.kernelType, elements, own.base, extent.outputs, extent.inputs)
        }
        matrix.own = own
        return own
    }

    /// Calls `body` with packed weights brought back to the order that `plain` describes.
    func withPlain(
        _ layout: MemoryDescriptor, _ buffer: CPUBuffer, as plain: MemoryDescriptor,
        _ body: (UnsafeMutableRawPointer) -> Void
    ) throws(BackendError) {
        guard let session else { return }
        let reorder = try Reorder(session.library, from: layout, to: plain)
        try withScratch(plain.byteCount) { (elements) throws(BackendError) in
            guard let elements else { return }
            try withScratch(max(1, reorder.scratchByteCount)) { (scratch) throws(BackendError) in
                guard let scratch else { return }
                try reorder.execute(from: buffer.base, to: elements, scratch: scratch, on: session.streams[0])
            }
            body(elements)
        }
    }

    /// By our own kernel, which activates and then adds; what comes after an addition is a pass of its own.
    private func multiplyOurselves(
        _ product: MatrixProduct, _ packed: CPUBuffer, bias: UnsafeMutablePointer<Float>, _ extent: MatrixExtent
    ) throws(BackendError) {
        let type = product.destinationType
        let count = product.rows * extent.outputs
        var before = Activation.identity
        var after = Activation.identity
        var addend: ElementType?
        for operation in product.operations {
            switch operation {
            case .activation(let activation):
                if addend == nil { before = activation } else { after = activation }
            case .add(let operandType): addend = operandType
            // Only oneDNN multiplies within a product; geglu has a kernel of its own.
            case .multiply: throw .vendor(operation: "linear", status: 0)
            }
        }
        let isConverted = addend.map { $0 != type } ?? false
        try withScratch(isConverted ? count * type.byteCount : 0) { (converted) throws(BackendError) in
            if let converted, let addend, let operand = product.operand {
                daguerre_convert(team.handle, addend.kernelType, operand, type.kernelType, converted, count)
            }
            let scratchByteCount = daguerre_gemm_scratch(
                product.rows, extent.outputs, extent.inputs, Int32(team.size))
            try withScratch(scratchByteCount) { (scratch) throws(BackendError) in
                daguerre_gemm(
                    team.handle, extent.type.kernelType, product.source, packed.base, bias,
                    addend == nil ? nil : converted ?? product.operand, product.destination, type.kernelType,
                    product.rows, extent.outputs, extent.inputs, before.kernelActivation, scratch)
            }
        }
        guard after != .identity else { return }
        daguerre_activate(
            team.handle, type.kernelType, product.destination, product.destination, count, after.kernelActivation)
    }
}
