public import DaguerreCheckpoints
public import DaguerreTensors

/// Normalises each channel vector, with a learned scale and shift.
public struct LayerNorm: Sendable {
    private let weight: NormWeight
    private let epsilon: Float

    /// Reads `weight` and `bias`.
    public init(channels: Int, epsilon: Float = 1e-5, from weights: WeightScope) throws {
        weight = try weights.backend.prepareNorm(
            weights.path, scale: weights.tensor("weight", [channels]), shift: weights.tensor("bias", [channels]))
        self.epsilon = epsilon
    }

    /// `x [..., C]` → the same shape.
    public func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        try backend.layerNorm(x, weight, epsilon: epsilon)
    }
}
