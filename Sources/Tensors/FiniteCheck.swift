import Synchronization

/// Forwards to another backend and stops at the first operation whose output holds a NaN or an infinity.
///
/// It reads every output once more, so it is meant for the second look: when the latents of a run are not finite, the
/// same step under this backend throws ``BackendError/notFinite(layer:)`` with the layer that went wrong first. An
/// operation without a weight is named after the layer before it.
public final class FiniteCheckBackend: Sendable {
    private let backend: any Backend
    private let lastLayer = Mutex<String?>(nil)

    /// Watches over `backend`.
    public init(_ backend: any Backend) {
        self.backend = backend
    }

    /// Passes on the output of the layer `name`.
    private func check(_ name: String, _ output: Tensor) throws -> Tensor {
        guard try backend.isFinite(output) else { throw BackendError.notFinite(layer: name) }
        lastLayer.withLock { $0 = name }
        return output
    }

    /// Passes on the output of an operation that has no weight.
    private func check(operation: String, _ output: Tensor) throws -> Tensor {
        guard try backend.isFinite(output) else {
            let place = lastLayer.withLock { $0.map { " after \($0)" } }
            throw BackendError.notFinite(layer: operation + (place ?? ""))
        }
        return output
    }
}

// Each operation is its protocol's, checked.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension FiniteCheckBackend: Backend {
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

    public func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        try check(operation: "upload", backend.upload(host, as: elementType))
    }

    public func download(_ x: Tensor) throws -> HostTensor { try backend.download(x) }

    public func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        try check(
            weight.name, backend.convolution(x, weight, shift: shift, residual: residual, activation: activation))
    }

    public func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        try check(weight.name, backend.upsampleConvolution(x, weight, height: height, width: width))
    }

    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        try check(
            weight.name, backend.linear(x, weight, residual: residual, activation: activation, as: elementType))
    }

    public func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        try check(value.name, backend.geglu(x, value: value, gate: gate))
    }

    public func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        try check(operation: "gated product", backend.gatedProduct(value, gate: gate))
    }

    public func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        try check(operation: "attention", backend.attention(q: q, k: k, v: v, heads: heads, causal: causal))
    }

    public func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        try check(
            weight.name, backend.groupNorm(x, weight, groups: groups, epsilon: epsilon, activation: activation))
    }

    public func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        try check(weight.name, backend.layerNorm(x, weight, epsilon: epsilon))
    }

    public func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        try check(operation: activation.rawValue, backend.activate(x, activation))
    }

    public func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        try check(operation: "weighted sum", backend.weightedSum(terms))
    }

    public func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor {
        try check(operation: "concatenation of channels", backend.concatenateChannels(tensors))
    }

    public func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor {
        try check(operation: "concatenation of batch", backend.concatenateBatch(tensors))
    }

    public func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        try check(operation: "periodic window", backend.periodicWindow(x, rows: rows, columns: columns))
    }

    public func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try check(operation: "conversion to \(elementType.rawValue)", backend.convert(x, to: elementType))
    }

    public func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        try check(
            operation: "timestep embedding",
            backend.timestepEmbedding(
                timesteps, channels: channels, cosineFirst: cosineFirst, frequencyShift: frequencyShift))
    }

    public func isFinite(_ x: Tensor) throws -> Bool { try backend.isFinite(x) }
}
