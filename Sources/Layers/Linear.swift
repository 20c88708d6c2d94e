public import DaguerreCheckpoints
public import DaguerreTensors

/// A matrix product with bias: `[..., I]` → `[..., O]`.
///
/// A 1×1 convolution is the same product over the pixels, so checkpoints' `[O, I, 1, 1]` weights load here too.
public struct Linear: Sendable {
    private let weight: LinearWeight

    /// Reads `weight` and, if `hasBias`, `bias`.
    public init(_ inputs: Int, _ outputs: Int, hasBias: Bool = true, from weights: WeightScope) throws {
        weight = try weights.backend.prepareLinear(
            weights.path, weight: weights.tensor("weight", [outputs, inputs]),
            bias: hasBias ? weights.tensor("bias", [outputs]) : nil)
    }

    /// `x [..., I]` → `activation(x · Wᵀ + b) + residual`, in `elementType` or else the backend's own.
    public func callAsFunction(
        _ x: Tensor, residual: Tensor? = nil, activation: Activation = .identity, as elementType: ElementType? = nil,
        on backend: some Backend
    ) throws -> Tensor {
        try backend.linear(
            x, weight, residual: residual, activation: activation, as: elementType ?? backend.activationType)
    }
}
