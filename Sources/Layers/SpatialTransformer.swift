public import DaguerreCheckpoints
public import DaguerreTensors

/// Transformer blocks over the pixels of an image, plus a skip path.
///
/// Source: diffusers `Transformer2DModel` with continuous input. Its two projections are 1×1 convolutions or matrices
/// (`use_linear_projection`), which are one thing in NHWC.
public struct SpatialTransformer: Sendable {
    private let norm: GroupNorm
    private let projectionIn, projectionOut: Linear
    private let blocks: [TransformerBlock]

    /// Reads `blockCount` transformer blocks of `channels` channels.
    public init(
        _ channels: Int, heads: Int, contextWidth: Int, blockCount: Int, groups: Int, onlyCrossAttention: Bool,
        from weights: WeightScope
    ) throws {
        // 1e-6 is fixed in Transformer2DModel, whatever the UNet's norm_eps is.
        norm = try GroupNorm(channels: channels, groups: groups, epsilon: 1e-6, from: weights["norm"])
        projectionIn = try Linear(channels, channels, from: weights["proj_in"])
        blocks = try (0..<blockCount).map {
            try TransformerBlock(
                channels, heads: heads, contextWidth: contextWidth, onlyCrossAttention: onlyCrossAttention,
                from: weights["transformer_blocks"][$0])
        }
        projectionOut = try Linear(channels, channels, from: weights["proj_out"])
    }

    /// What each block sees of a prompt's text states `context [N, S, contextWidth]`, once per prompt.
    public func text(_ context: Tensor, on backend: some Backend) throws -> [TransformerBlock.Text] {
        try blocks.map { try $0.text(context, on: backend) }
    }

    /// `x [N, H, W, C]` and texts of M prompts → `[M, H, W, C]`; N divides M.
    public func callAsFunction(_ x: Tensor, text: [TransformerBlock.Text], on backend: some Backend) throws -> Tensor {
        let tokens: Shape = [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]
        var h = try projectionIn(norm(x, on: backend), on: backend).reshaped(tokens)
        for (block, text) in zip(blocks, text) {
            h = try block(h, text: text, on: backend)
        }
        let skip = try backend.shared(x, by: h.shape[0])
        return try projectionOut(h, residual: skip.reshaped(h.shape), on: backend).reshaped(skip.shape)
    }
}
