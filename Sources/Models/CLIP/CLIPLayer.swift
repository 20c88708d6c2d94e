import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Self-attention, then a feed-forward layer, each on normalised tokens and added to its input.
///
/// Source: transformers `CLIPEncoderLayer`, which text and vision encoders share.
struct CLIPLayer: Sendable {
    /// The sizes of all layers of an encoder.
    struct Shape: Sendable {
        let width, innerWidth, heads: Int
        let normEpsilon: Float
        /// Inside the feed-forward layer.
        let activation: Activation
        /// Whether a token looks at those before it only.
        let isCausal: Bool
    }

    private let norm1, norm2: LayerNorm
    private let attention: Attention
    private let up, down: Linear
    private let activation: Activation

    init(_ shape: Shape, from weights: WeightScope) throws {
        let width = shape.width
        norm1 = try LayerNorm(channels: width, epsilon: shape.normEpsilon, from: weights["layer_norm1"])
        attention = try Attention(
            width, heads: shape.heads, hasBias: true, isCausal: shape.isCausal, keys: .transformers,
            from: weights["self_attn"])
        norm2 = try LayerNorm(channels: width, epsilon: shape.normEpsilon, from: weights["layer_norm2"])
        up = try Linear(width, shape.innerWidth, from: weights["mlp"]["fc1"])
        down = try Linear(shape.innerWidth, width, from: weights["mlp"]["fc2"])
        activation = shape.activation
    }

    /// `x [N, T, width]` → the same shape.
    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        let x = try attention(norm1(x, on: backend), residual: x, on: backend)
        let inner = try up(norm2(x, on: backend), activation: activation, on: backend)
        return try down(inner, residual: x, on: backend)
    }
}
