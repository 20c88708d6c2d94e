import DaguerreTensors

/// A backend that can do nothing: scopes only carry it.
struct NoBackend: Backend {
    struct Unused: Error {}

    var activationType: ElementType { .float32 }
    var memory: MemoryReport { MemoryReport() }
    func resetPeak() {}
    func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight { throw Unused() }
    func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight { throw Unused() }
    func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight { throw Unused() }
    func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight { throw Unused() }
    func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor { throw Unused() }
    func download(_ x: Tensor) throws -> HostTensor { throw Unused() }
    func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor { throw Unused() }
    func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor { throw Unused() }
    func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor { throw Unused() }
    func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor { throw Unused() }
    func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor { throw Unused() }
    func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor { throw Unused() }
    func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor { throw Unused() }
    func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor { throw Unused() }
    func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor { throw Unused() }
    func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor { throw Unused() }
    func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor { throw Unused() }
    func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor { throw Unused() }
    func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor { throw Unused() }
    func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor { throw Unused() }
    func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor { throw Unused() }
    func isFinite(_ x: Tensor) throws -> Bool { throw Unused() }
}
