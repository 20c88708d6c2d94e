import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Causal self-attention, then a feed-forward layer, each on normalised tokens and added to its input.
///
/// Source: transformers `CLIPEncoderLayer`.
struct CLIPTextLayer: Sendable {
    private let norm1, norm2: LayerNorm
    private let attention: Attention
    private let up, down: Linear
    private let activation: Activation

    init(_ configuration: CLIPTextConfiguration, from weights: WeightScope) throws {
        let width = configuration.width
        norm1 = try LayerNorm(channels: width, epsilon: configuration.normEpsilon, from: weights["layer_norm1"])
        attention = try Attention(
            width, heads: configuration.heads, hasBias: true, isCausal: true, keys: .transformers,
            from: weights["self_attn"])
        norm2 = try LayerNorm(channels: width, epsilon: configuration.normEpsilon, from: weights["layer_norm2"])
        up = try Linear(width, configuration.innerWidth, from: weights["mlp"]["fc1"])
        down = try Linear(configuration.innerWidth, width, from: weights["mlp"]["fc2"])
        activation = configuration.activation
    }

    /// `x [N, T, width]` → the same shape.
    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        let x = try attention(norm1(x, on: backend), residual: x, on: backend)
        let inner = try up(norm2(x, on: backend), activation: activation, on: backend)
        return try down(inner, residual: x, on: backend)
    }
}
