public import DaguerreCheckpoints
public import DaguerreTensors

/// Two normalised 3×3 convolutions, shifted between them by the time embedding, plus a skip path.
///
/// Source: diffusers `ResnetBlock2D` with `time_embedding_norm="default"`; weight keys are its own.
public struct ResidualBlock: Sendable {
    private let norm1, norm2: GroupNorm
    private let conv1, conv2: Convolution
    private let timeProjection: Linear?  // nil in autoencoders
    private let shortcut: Linear?  // nil where inputs == outputs

    /// Reads the block's weights; `time` is the width of the time embedding, if there is one.
    public init(
        _ inputs: Int, _ outputs: Int, time: Int?, groups: Int, epsilon: Float, from weights: WeightScope
    ) throws {
        norm1 = try GroupNorm(channels: inputs, groups: groups, epsilon: epsilon, from: weights["norm1"])
        conv1 = try Convolution(inputs, outputs, kernel: 3, from: weights["conv1"])
        timeProjection = try time.map { try Linear($0, outputs, from: weights["time_emb_proj"]) }
        norm2 = try GroupNorm(channels: outputs, groups: groups, epsilon: epsilon, from: weights["norm2"])
        conv2 = try Convolution(outputs, outputs, kernel: 3, from: weights["conv2"])
        shortcut = inputs == outputs ? nil : try Linear(inputs, outputs, from: weights["conv_shortcut"])
    }

    /// Projects activated time embeddings `[S, T]` to shifts `[S, outputs]` in float32, once for all steps.
    public func shifts(_ time: Tensor, on backend: some Backend) throws -> Tensor? {
        try timeProjection?(time, as: .float32, on: backend)
    }

    /// `x [N, H, W, inputs]`, `shift [1 or N, outputs]` → `[N, H, W, outputs]`.
    public func callAsFunction(_ x: Tensor, shift: Tensor?, on backend: some Backend) throws -> Tensor {
        var h = try norm1(x, activation: .silu, on: backend)
        h = try conv1(h, shift: shift, on: backend)
        h = try norm2(h, activation: .silu, on: backend)
        return try conv2(h, residual: shortcut?(x, on: backend) ?? x, on: backend)
    }
}
