public import DaguerreCheckpoints
public import DaguerreTensors

/// Enlarges an image by nearest neighbour, then convolves it 3×3.
///
/// Source: diffusers `Upsample2D`; the two are one backend operation, since twofold enlargement makes three quarters of
/// the convolution's products redundant.
public struct Upsampler: Sendable {
    private let weight: UpsampleConvolutionWeight

    /// Reads `conv.weight` and `conv.bias`.
    public init(_ channels: Int, from weights: WeightScope) throws {
        try self.init(channels, convolution: weights["conv"])
    }

    /// Reads `weight` and, if `hasBias`, `bias`.
    public init(_ channels: Int, hasBias: Bool = true, convolution weights: WeightScope) throws {
        weight = try weights.backend.prepareUpsampleConvolution(
            weights.path, weight: weights.tensor("weight", [channels, channels, 3, 3]),
            bias: hasBias ? weights.tensor("bias", [channels]) : nil)
    }

    /// `x [N, H, W, C]` → `[N, height, width, C]`; twofold where no size is given.
    public func callAsFunction(
        _ x: Tensor, size: (height: Int, width: Int)? = nil, on backend: some Backend
    ) throws -> Tensor {
        try backend.upsampleConvolution(
            x, weight, height: size?.height ?? 2 * x.shape[1], width: size?.width ?? 2 * x.shape[2])
    }
}
