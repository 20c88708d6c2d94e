public import DaguerreCheckpoints
public import DaguerreTensors

/// A gated feed-forward layer: `down(value(x) · gelu(gate(x)))`, four times as wide inside.
///
/// Source: diffusers `FeedForward` with `geglu`; its `net.0.proj` holds value, then gate.
public struct FeedForward: Sendable {
    private let value, gate: LinearWeight
    private let down: Linear

    /// Reads `net.0.proj` and `net.2`.
    public init(_ width: Int, from weights: WeightScope) throws {
        let inner = 4 * width
        let proj = weights["net"][0]["proj"]
        let weight = proj.tensor("weight", [2 * inner, width])
        let bias = proj.tensor("bias", [2 * inner])
        func half(_ name: String, _ rows: Range<Int>) throws -> LinearWeight {
            try proj.backend.prepareLinear(
                "\(proj.path).\(name)", weight: weight.slice(rows), bias: bias.slice(rows))
        }
        value = try half("value", 0..<inner)
        gate = try half("gate", inner..<2 * inner)
        down = try Linear(inner, width, from: weights["net"][2])
    }

    /// `x [N, T, width]` → the same shape, plus `residual`.
    public func callAsFunction(_ x: Tensor, residual: Tensor, on backend: some Backend) throws -> Tensor {
        try down(backend.geglu(x, value: value, gate: gate), residual: residual, on: backend)
    }
}
