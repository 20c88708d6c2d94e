import DaguerreTensors

/// What a run over shapes would compute, move and hold.
public struct MeterReport: Hashable, Sendable {
    /// Arithmetic so far.
    public var flops = FLOPCount()
    /// Bytes that operations read, weights among them, and wrote so far, each operand once per operation.
    public var bytesRead = 0, bytesWritten = 0
    /// Bytes of the weights that are held now, in the meter's precision.
    public var weightBytes = 0
    /// Numbers in the weights that are held now, as a checkpoint counts them.
    public var parameterCount = 0
    /// Weights, tensors and scratch space in use now, and the most in use at once since the last reset.
    public var liveBytes = 0, peakBytes = 0

    /// Makes a report of nothing.
    public init() {}
}

/// Floating-point operations by kind: two for each multiplication and addition of a matrix product.
///
/// Pointwise operations, normalisations and softmax are not counted, as is usual in the field. A causal attention counts
/// in full. A convolution after an exact doubling counts in its four-phase form, 16 products per pixel of the small
/// image in place of 36; after another enlargement it counts 9 per output pixel. Each number stops at the largest.
public struct FLOPCount: Hashable, Sendable {
    /// Convolutions of any kernel size.
    public var convolution = 0
    /// Matrices, those of geglu among them.
    public var linear = 0
    /// q·kᵀ and its product with v.
    public var attention = 0

    /// Counts nothing.
    public init() {}

    /// All kinds together.
    public var total: Int { .saturatingSum(convolution, linear, attention) }
}
