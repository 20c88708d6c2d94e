public import DaguerreCheckpoints
public import DaguerreTensors

/// A square convolution: `[N, H, W, I]` → `[N, H', W', O]`.
public struct Convolution: Sendable {
    private let weight: ConvolutionWeight

    /// Reads `weight` and, if `hasBias`, `bias`; `padding` defaults to what keeps the size at stride 1.
    public init(
        _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Padding? = nil, hasBias: Bool = true,
        from weights: WeightScope
    ) throws {
        weight = try weights.backend.prepareConvolution(
            weights.path, weight: weights.tensor("weight", [outputs, inputs, kernel, kernel]),
            bias: hasBias ? weights.tensor("bias", [outputs]) : nil, stride: stride,
            padding: padding ?? Padding((kernel - 1) / 2))
    }

    /// `x [N, H, W, I]` → `activation(x ∗ W + b + shift + residual)`; see ``Backend/convolution(_:_:shift:residual:activation:)``.
    public func callAsFunction(
        _ x: Tensor, shift: Tensor? = nil, residual: Tensor? = nil, activation: Activation = .identity,
        on backend: some Backend
    ) throws -> Tensor {
        try backend.convolution(x, weight, shift: shift, residual: residual, activation: activation)
    }
}
