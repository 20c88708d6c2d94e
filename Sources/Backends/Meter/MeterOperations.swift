public import DaguerreTensors

// Each operation is its protocol's, counted.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MeterBackend: Backend {
    public var activationType: ElementType { precision.elementType }

    public var memory: MemoryReport { tally.ledger.report }

    public func resetPeak() { tally.ledger.resetPeak() }

    public var isRehearsal: Bool { true }

    public func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        try checkType(elementType, "upload")
        return try output("upload", host.shape, elementType, of: [])
    }

    public func download(_ x: Tensor) throws -> HostTensor {
        guard x.storage is MeterStorage else { throw BackendError.foreignStorage(operation: "download") }
        return HostTensor([Float](repeating: 0, count: x.shape.elementCount), shape: x.shape)
    }

    public func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape.channels == weight.inputChannels, "x is [N, H, W, I]")
        let shape = weight.outputShape(x.shape)
        precondition(residual.map { $0.shape == shape } ?? true, "the residual has the output's shape")
        tally.add(\.convolution, 2, shape.elementCount, weight.inputChannels, weight.kernel * weight.kernel)
        return try output(
            "convolution", shape, activationType, of: [x, shift, residual], weights: [weight.storage],
            scratchBytes: convertedBytes(x, residual) + (shift == nil ? 0 : weight.outputChannels * 4)
                + memoryModel.product(activationType))
    }

    public func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape.channels == weight.inputChannels, "x is [N, H, W, I]")
        let doubles = height == 2 * x.shape[1] && width == 2 * x.shape[2]
        let shape: Shape = [x.shape[0], height, width, weight.outputChannels]
        if doubles {
            tally.add(\.convolution, 2 * 16, x.shape.rows, weight.inputChannels, weight.outputChannels)
        } else {
            tally.add(\.convolution, 2 * 9, shape.elementCount, weight.inputChannels)
        }
        if !doubles, let storage = weight.storage as? MeterWeight {
            storage.holdSecondForm(
                byteCount: memoryModel.weight(
                    outputs: weight.outputChannels, inputs: 9 * weight.inputChannels, activationType))
        }
        return try output(
            "upsampleConvolution", shape, activationType, of: [x], weights: [weight.storage],
            scratchBytes: convertedBytes(x)
                + memoryModel.upsampleConvolution(x.shape, shape, activationType, doubles: doubles))
    }

    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        try checkType(elementType, "linear")
        let shape = countLinear(x.shape, weight)
        precondition(residual.map { $0.shape == shape } ?? true, "the residual has the output's shape")
        return try output(
            "linear", shape, elementType, of: [x, residual], weights: [weight.storage],
            scratchBytes: convertedBytes(x)
                + memoryModel.matrixProduct(rows: shape.rows, outputs: shape.channels, activationType))
    }

    public func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        precondition(value.outputFeatures == gate.outputFeatures, "value and gate have one width")
        let shape = countLinear(x.shape, value)
        _ = countLinear(x.shape, gate)
        return try output(
            "geglu", shape, activationType, of: [x], weights: [value.storage, gate.storage],
            scratchBytes: convertedBytes(x) + memoryModel.geglu(shape, activationType))
    }

    public func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        precondition(value.shape == gate.shape, "value and gate have one shape")
        return try output(
            "gatedProduct", value.shape, activationType, of: [value, gate], scratchBytes: convertedBytes(value, gate))
    }

    /// The shape of the product of `x` and a matrix, whose arithmetic is counted.
    private func countLinear(_ x: Shape, _ weight: LinearWeight) -> Shape {
        precondition(x.channels == weight.inputFeatures, "x is [..., I]")
        tally.add(\.linear, 2, x.elementCount, weight.outputFeatures)
        return x.withChannels(weight.outputFeatures)
    }

    public func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        precondition(q.shape.rank == 3 && q.shape.channels % heads == 0, "q is [N, T, heads·d]")
        precondition(k.shape == v.shape && k.shape.channels == q.shape.channels, "k and v are [N, S, heads·d]")
        tally.add(\.attention, 4, q.shape.elementCount, k.shape[1])
        return try output(
            "attention", q.shape, activationType, of: [q, k, v],
            scratchBytes: convertedBytes(q, k, v) + memoryModel.attention(key: k.shape, heads: heads, activationType))
    }

    public func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        precondition(x.shape.channels == weight.channels && weight.channels % groups == 0, "groups divide the channels")
        return try output(
            "groupNorm", x.shape, activationType, of: [x], weights: [weight.storage],
            scratchBytes: memoryModel.groupNorm(x.shape, groups: groups))
    }

    public func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        precondition(x.shape.channels == weight.channels, "x is [..., C]")
        return try output("layerNorm", x.shape, activationType, of: [x], weights: [weight.storage])
    }

    public func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        try output("activate", x.shape, x.elementType, of: [x])
    }

    public func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        precondition(!terms.isEmpty, "a sum has a term")
        let first = terms[0].tensor
        precondition(terms.allSatisfy { $0.tensor.shape == first.shape }, "terms have one shape")
        return try output("weightedSum", first.shape, first.elementType, of: terms.map(\.tensor))
    }

    public func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor {
        precondition(!tensors.isEmpty, "there is a tensor to join")
        let shape = tensors[0].shape.withChannels(tensors.reduce(0) { $0 + $1.shape.channels })
        return try output("concatenateChannels", shape, tensors[0].elementType, of: tensors)
    }

    public func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor {
        precondition(!tensors.isEmpty, "there is a tensor to join")
        let shape = tensors[0].shape.withBatch(tensors.reduce(0) { $0 + $1.shape[0] })
        return try output("concatenateBatch", shape, tensors[0].elementType, of: tensors)
    }

    public func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape[1] > 0 && x.shape[2] > 0, "x is [N, H, W, C], H and W at least 1")
        let shape: Shape = [x.shape[0], rows.count, columns.count, x.shape.channels]
        return try output("periodicWindow", shape, x.elementType, of: [x])
    }

    public func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try checkType(elementType, "convert")
        guard x.elementType != elementType else { return x }
        return try output("convert", x.shape, elementType, of: [x])
    }

    public func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        try output("timestepEmbedding", [timesteps.count, channels], .float32, of: [])
    }

    public func isFinite(_ x: Tensor) throws -> Bool { true }
}
