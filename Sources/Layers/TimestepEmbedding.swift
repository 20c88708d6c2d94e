public import DaguerreCheckpoints
public import DaguerreTensors

/// Turns sinusoids of the timestep, and an optional condition, into the time embedding.
///
/// Source: diffusers `TimestepEmbedding`; `cond_proj` is the guidance embedding of latent consistency models.
public struct TimestepEmbedding: Sendable {
    private let linear1, linear2: Linear
    private let conditionProjection: Linear?

    /// Reads `linear_1`, `linear_2` and, where `conditionWidth` is given, `cond_proj`.
    public init(_ inputs: Int, _ width: Int, conditionWidth: Int?, from weights: WeightScope) throws {
        linear1 = try Linear(inputs, width, from: weights["linear_1"])
        linear2 = try Linear(width, width, from: weights["linear_2"])
        conditionProjection = try conditionWidth.map {
            try Linear($0, inputs, hasBias: false, from: weights["cond_proj"])
        }
    }

    /// Sinusoids `[S, inputs]`, condition `[S, conditionWidth]` → embeddings `[S, width]`, float32.
    ///
    /// Every use of the whole embedding begins with SiLU, which `activation` can apply here, once.
    public func callAsFunction(
        _ x: Tensor, condition: Tensor? = nil, activation: Activation, on backend: some Backend
    ) throws -> Tensor {
        var x = x
        if let conditionProjection, let condition {
            x = try conditionProjection(condition, residual: x, as: .float32, on: backend)
        }
        x = try linear1(x, activation: .silu, as: .float32, on: backend)
        return try linear2(x, activation: activation, as: .float32, on: backend)
    }
}
