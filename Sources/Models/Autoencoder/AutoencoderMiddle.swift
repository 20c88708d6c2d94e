import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// The lowest level of encoder and decoder: residual block, attention over the pixels, residual block.
///
/// Source: diffusers `UNetMidBlock2D` with one head.
struct AutoencoderMiddle: Sendable {
    private let first, second: ResidualBlock
    private let norm: GroupNorm?
    private let attention: Attention?

    init(_ channels: Int, _ configuration: AutoencoderConfiguration, from weights: WeightScope) throws {
        func residual(_ index: Int) throws -> ResidualBlock {
            try ResidualBlock(
                channels, channels, time: nil, groups: configuration.normGroups, epsilon: autoencoderEpsilon,
                from: weights["resnets"][index])
        }
        first = try residual(0)
        second = try residual(1)
        guard configuration.hasMiddleAttention else {
            norm = nil
            attention = nil
            return
        }
        let scope = weights["attentions"][0]
        norm = try GroupNorm(
            channels: channels, groups: configuration.normGroups, epsilon: autoencoderEpsilon,
            from: scope["group_norm"])
        // Checkpoints from before diffusers 0.15, SD 1.5's own among them, name the projections otherwise.
        attention = try Attention(
            channels, heads: 1, hasBias: true, keys: scope["query"].has("weight") ? .deprecated : .diffusers,
            from: scope)
    }

    /// `x [N, H, W, C]` → the same shape.
    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        var h = try first(x, shift: nil, on: backend)
        if let norm, let attention {
            let tokens: Shape = [h.shape[0], h.shape[1] * h.shape[2], h.shape[3]]
            let normed = try norm(h, on: backend).reshaped(tokens)
            h = try attention(normed, residual: h.reshaped(tokens), on: backend).reshaped(h.shape)
        }
        return try second(h, shift: nil, on: backend)
    }
}

/// Epsilon of every norm in an autoencoder, fixed in diffusers' `Encoder` and `Decoder`.
let autoencoderEpsilon: Float = 1e-6
