import DaguerreTensors

/// Forwards to another backend, and has memory for convolutions of few samples only.
struct ScarceBackend: Sendable {
    let backend: any Backend
    /// Samples that it has memory for.
    let most: Int
}

extension ScarceBackend: Backend {
    var activationType: ElementType { backend.activationType }

    var memory: MemoryReport { backend.memory }

    func resetPeak() { backend.resetPeak() }

    var isRehearsal: Bool { backend.isRehearsal }

    func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight {
        try backend.prepareConvolution(name, weight: weight, bias: bias, stride: stride, padding: padding)
    }

    func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight {
        try backend.prepareUpsampleConvolution(name, weight: weight, bias: bias)
    }

    func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight {
        try backend.prepareLinear(name, weight: weight, bias: bias)
    }

    func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight {
        try backend.prepareNorm(name, scale: scale, shift: shift)
    }

    func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        try backend.upload(host, as: elementType)
    }

    func download(_ x: Tensor) throws -> HostTensor { try backend.download(x) }

    func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        guard x.shape[0] <= most else { throw BackendError.outOfMemory(byteCount: 1 << 40) }
        return try backend.convolution(x, weight, shift: shift, residual: residual, activation: activation)
    }

    func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        try backend.upsampleConvolution(x, weight, height: height, width: width)
    }

    func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        try backend.linear(x, weight, residual: residual, activation: activation, as: elementType)
    }

    func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        try backend.geglu(x, value: value, gate: gate)
    }

    func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        try backend.gatedProduct(value, gate: gate)
    }

    func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        try backend.attention(q: q, k: k, v: v, heads: heads, causal: causal)
    }

    func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        try backend.groupNorm(x, weight, groups: groups, epsilon: epsilon, activation: activation)
    }

    func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        try backend.layerNorm(x, weight, epsilon: epsilon)
    }

    func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        try backend.activate(x, activation)
    }

    func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        try backend.weightedSum(terms)
    }

    func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor {
        try backend.concatenateChannels(tensors)
    }

    func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor {
        try backend.concatenateBatch(tensors)
    }

    func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        try backend.periodicWindow(x, rows: rows, columns: columns)
    }

    func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try backend.convert(x, to: elementType)
    }

    func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        try backend.timestepEmbedding(
            timesteps, channels: channels, cosineFirst: cosineFirst, frequencyShift: frequencyShift)
    }

    func isFinite(_ x: Tensor) throws -> Bool { try backend.isFinite(x) }
}
