public import DaguerreTensors

extension ReferenceBackend {
    /// `activation(x · weightᵀ + bias) + residual`.
    public func linear(
        _ x: Tensor, _ weight: LinearWeight, residual: Tensor?, activation: Activation, as elementType: ElementType
    ) throws -> Tensor {
        try checkType(elementType, "linear")
        precondition(x.shape.channels == weight.inputFeatures, "x is [..., I]")
        let shape = x.shape.withChannels(weight.outputFeatures)
        precondition(residual.map { $0.shape == shape } ?? true, "the residual has the output's shape")
        let residuals = try residual.map { try values($0, "linear") }
        return try product(x, weight, "linear") { i, sum in activation(sum) + Double(residuals?[i] ?? 0) }
    }

    /// `value(x) · gelu(gate(x))`.
    public func geglu(_ x: Tensor, value: LinearWeight, gate: LinearWeight) throws -> Tensor {
        precondition(value.outputFeatures == gate.outputFeatures, "value and gate have one width")
        let gates = try values(try product(x, gate, "geglu") { _, sum in sum }, "geglu")
        return try product(x, value, "geglu") { i, sum in sum * Activation.gelu(Double(gates[i])) }
    }

    /// `finish(index, x · weight + bias)` for each element of the product.
    private func product(
        _ x: Tensor, _ weight: LinearWeight, _ operation: String, finish: (Int, Double) -> Double
    ) throws -> Tensor {
        precondition(x.shape.channels == weight.inputFeatures, "x is [..., I]")
        let input = try values(x, operation)
        let matrix = try self.weight(weight.storage, operation)
        let (inputs, outputs) = (weight.inputFeatures, weight.outputFeatures)
        return try tensor(x.shape.withChannels(outputs)) { out in
            var sums = Sums(count: outputs)
            for row in 0..<x.shape.rows {
                sums.start(at: matrix.bias)
                for i in 0..<inputs {
                    sums.add(Double(input[row * inputs + i]), times: matrix.values, from: i * outputs)
                }
                for o in 0..<outputs { out[row * outputs + o] = Float(finish(row * outputs + o, sums.values[o])) }
            }
        }
    }
}
