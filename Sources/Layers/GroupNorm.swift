public import DaguerreCheckpoints
public import DaguerreTensors

/// Normalises groups of channels over each image, with a learned scale and shift.
public struct GroupNorm: Sendable {
    private let weight: NormWeight
    private let groups: Int
    private let epsilon: Float

    /// Reads `weight` and `bias`.
    public init(channels: Int, groups: Int, epsilon: Float, from weights: WeightScope) throws {
        weight = try weights.backend.prepareNorm(
            weights.path, scale: weights.tensor("weight", [channels]), shift: weights.tensor("bias", [channels]))
        self.groups = groups
        self.epsilon = epsilon
    }

    /// `x [N, H, W, C]` → the same shape, activated.
    public func callAsFunction(
        _ x: Tensor, activation: Activation = .identity, on backend: some Backend
    ) throws -> Tensor {
        try backend.groupNorm(x, weight, groups: groups, epsilon: epsilon, activation: activation)
    }
}
