// Each operation is its protocol's, forwarded.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension TilingBackend: Backend {
    public var activationType: ElementType { backend.activationType }

    public var memory: MemoryReport { backend.memory }

    public func resetPeak() { backend.resetPeak() }

    public var isRehearsal: Bool { backend.isRehearsal }

    public func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight {
        try backend.prepareConvolution(name, weight: weight, bias: bias, stride: stride, padding: padding)
    }

    public func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight {
        try backend.prepareUpsampleConvolution(name, weight: weight, bias: bias)
    }

    public func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight {
        try backend.prepareLinear(name, weight: weight, bias: bias)
    }

    public func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight {
        try backend.prepareNorm(name, scale: scale, shift: shift)
    }

    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        try backend.linear(x, weight, residual: residual, activation: activation, as: elementType)
    }

    public func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        try backend.geglu(x, value: value, gate: gate)
    }

    public func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        try backend.groupNorm(x, weight, groups: groups, epsilon: epsilon, activation: activation)
    }

    public func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        try backend.layerNorm(x, weight, epsilon: epsilon)
    }

    public func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        try backend.upload(host, as: elementType)
    }

    public func download(_ x: Tensor) throws -> HostTensor { try backend.download(x) }

    public func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        try backend.gatedProduct(value, gate: gate)
    }

    public func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        try backend.attention(q: q, k: k, v: v, heads: heads, causal: causal)
    }

    public func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        try backend.activate(x, activation)
    }

    public func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        try backend.weightedSum(terms)
    }

    public func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor { try backend.concatenateChannels(tensors) }

    public func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor { try backend.concatenateBatch(tensors) }

    public func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        try backend.periodicWindow(x, rows: rows, columns: columns)
    }

    public func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try backend.convert(x, to: elementType)
    }

    public func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        try backend.timestepEmbedding(
            timesteps, channels: channels, cosineFirst: cosineFirst, frequencyShift: frequencyShift)
    }

    public func isFinite(_ x: Tensor) throws -> Bool { try backend.isFinite(x) }
}
