public import DaguerreTensors
import Glibc

extension Activation {
    /// The function's value at `x`.
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .gelu: x / 2 * (1 + erf(x / 2.0.squareRoot()))
        case .quickGELU: x / (1 + exp(-1.702 * x))
        case .relu: x < 0 ? 0 : x
        }
    }
}

extension ReferenceBackend {
    /// `activation` of each element.
    public func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        let input = try values(x, "activate")
        return try tensor(x.shape) { out in
            for i in input.indices { out[i] = Float(activation(Double(input[i]))) }
        }
    }

    /// `value · gelu(gate)`.
    public func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        precondition(value.shape == gate.shape, "value and gate have one shape")
        let (values, gates) = (try values(value, "gatedProduct"), try values(gate, "gatedProduct"))
        return try tensor(value.shape) { out in
            for i in out.indices { out[i] = Float(Double(values[i]) * Activation.gelu(Double(gates[i]))) }
        }
    }

    /// `Σ factor · tensor`, the factors rounded to float32.
    public func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        precondition(!terms.isEmpty, "a sum has a term")
        let shape = terms[0].tensor.shape
        precondition(terms.allSatisfy { $0.tensor.shape == shape }, "terms have one shape")
        let inputs = try terms.map { (factor: Double(Float($0.factor)), values: try values($0.tensor, "weightedSum")) }
        return try tensor(shape) { out in
            for i in out.indices { out[i] = Float(inputs.reduce(0) { $0 + $1.factor * Double($1.values[i]) }) }
        }
    }
}
