public import DaguerreCheckpoints
public import DaguerreTensors

/// Halves an image by a 3×3 convolution of stride 2.
///
/// Source: diffusers `Downsample2D`.
public struct Downsampler: Sendable {
    private let conv: Convolution

    /// `padding` 1 pads every side; 0 pads right and bottom only, as autoencoders do.
    public init(_ channels: Int, padding: Int, from weights: WeightScope) throws {
        let sides = padding == 0 ? Padding(top: 0, left: 0, bottom: 1, right: 1) : Padding(padding)
        conv = try Convolution(channels, channels, kernel: 3, stride: 2, padding: sides, from: weights["conv"])
    }

    /// `x [N, H, W, C]` → `[N, ⌈H/2⌉, ⌈W/2⌉, C]` with padding 1, `[N, ⌊H/2⌋, ⌊W/2⌋, C]` with 0.
    public func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        try conv(x, on: backend)
    }
}
