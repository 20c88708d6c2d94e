/// The one list of operations that models are made of, at the level at which hardware fuses.
///
/// `Reference` defines each operation; every other backend must agree with it. An operation takes whole tensors and
/// returns a new one in ``activationType`` unless it says otherwise; it throws ``BackendError`` and never traps on the
/// size of its input. Calls may come from any one thread at a time. A shape that does not fit the weights is a
/// programmer's error (`precondition`): models check what users give them.
public protocol Backend: Sendable {
    /// The element type of activations and matrix weights under the backend's precision policy.
    var activationType: ElementType { get }

    /// What is held now and was held at most, in bytes.
    var memory: MemoryReport { get }

    /// Forgets the peak: ``MemoryReport/peakBytes`` starts again from what is held now.
    func resetPeak()

    /// Whether operations compute nothing but shapes, so that weights need no values either.
    var isRehearsal: Bool { get }

    // MARK: Weights, prepared once

    /// Packs a convolution. `weight` is `[O, I, K, K]` as checkpoints store it, `bias` `[O]`.
    func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight

    /// Packs a 3×3 convolution, padding 1, that follows a nearest-neighbour enlargement. `weight` is `[O, I, 3, 3]`.
    func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight

    /// Packs a matrix `weight [O, I]` (or `[O, I, 1, 1]`) and `bias [O]`.
    func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight

    /// Keeps a normalisation's `scale [C]` and `shift [C]`.
    func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight

    // MARK: In and out

    /// Copies `host` in, rounded to `elementType` (float32 or ``activationType``).
    func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor

    /// Copies `x` out as float32.
    func download(_ x: Tensor) throws -> HostTensor

    // MARK: Matrix products

    /// Convolves `x [N, H, W, I]`, then adds bias, `shift` (`[1, O]` or `[N, O]`, float32: the time embedding of each
    /// sample) and `residual` (of the output's shape), then applies `activation`.
    func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor

    /// Enlarges `x [N, H, W, I]` to `height × width` by nearest neighbour (source index `⌊i · H / height⌋`), then
    /// convolves 3×3 with padding 1 and adds the bias.
    func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor

    /// Multiplies `x [..., I]` by the matrix, adds bias, applies `activation`, then adds `residual [..., O]`.
    func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor

    /// `value(x) · gelu(gate(x))` with the exact error function.
    ///
    /// Source: Shazeer, "GLU Variants Improve Transformer" (arXiv 2002.05202), GEGLU.
    func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor

    /// `value · gelu(gate)` of two tensors of one shape: ``geglu(_:value:gate:)`` after its products, for whoever adds
    /// something to them in between.
    func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor

    /// Softmax(q·kᵀ/√d)·v for each of `heads` heads; `q [N, T, heads·d]`, `k v [N, S, heads·d]` → `[N, T, heads·d]`.
    ///
    /// `causal` lets position *t* see positions up to *t* only. `k` and `v` may have batch 1 for any N.
    func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor

    // MARK: Normalisation and pointwise operations

    /// Normalises `x [N, H, W, C]` over each sample's groups of C/groups channels, scales, shifts, then activates.
    ///
    /// Source: Wu and He, "Group Normalization" (arXiv 1803.08494); biased variance, as torch's.
    func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor

    /// Normalises each channel vector of `x [..., C]`, scales, shifts.
    func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor

    /// Applies `activation` to every element; the result keeps `x`'s element type.
    func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor

    /// `Σ factor · tensor` over tensors of one shape, computed in float32; the result has the first one's element type.
    func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor

    /// Joins tensors along the last axis.
    func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor

    /// Joins tensors along the first axis.
    func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor

    /// Rows `rows` and columns `columns` of the endless plane that copies of `x [N, H, W, C]` tile, in `x`'s element type.
    ///
    /// Row *i* of the plane is row *i mod H* of `x`, columns likewise. So `-1..<H + 1` puts a row of each edge beyond the
    /// other, `1..<H - 1` cuts both off, and `1..<H + 1` turns the image round by a row. Neither H nor W is 0.
    func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor

    /// The same values rounded to `elementType` (float32 or ``activationType``).
    func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor

    /// Sinusoids of `timesteps` → float32 `[timesteps.count, channels]`.
    ///
    /// Source: diffusers `get_timestep_embedding`, `max_period` 10 000: half sines, half cosines, the cosines first if
    /// `cosineFirst`; an odd width ends in a zero; `frequencyShift` is its `downscale_freq_shift`.
    func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor

    /// Whether every element is finite.
    func isFinite(_ x: Tensor) throws -> Bool
}

extension Backend {
    /// Most backends compute.
    public var isRehearsal: Bool { false }

    /// Convolves `x` without shift or residual.
    public func convolution(_ x: Tensor, _ weight: ConvolutionWeight) throws -> Tensor {
        try convolution(x, weight, shift: nil, residual: nil, activation: .identity)
    }

    /// Multiplies `x` by a matrix; the result is in ``activationType``.
    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor? = nil, activation: Activation = .identity
    ) throws -> Tensor {
        try linear(x, weight, residual: residual, activation: activation, as: activationType)
    }
}
