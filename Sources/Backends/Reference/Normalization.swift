public import DaguerreTensors

extension ReferenceBackend {
    /// `activation((x − mean) / √(variance + epsilon) · scale + shift)` within each group of channels.
    public func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        let channels = x.shape.channels
        precondition(channels == weight.channels && channels % groups == 0, "groups divide the weight's channels")
        let input = try values(x, "groupNorm")
        let affine = try self.weight(weight.storage, "groupNorm")
        let (batch, width) = (x.shape[0], channels / groups)
        let pixels = x.shape.rows / max(batch, 1)
        return try tensor(x.shape) { out in
            for n in 0..<batch {
                for group in 0..<groups {
                    let indices = (0..<pixels * width).lazy.map { i in
                        (n * pixels + i / width) * channels + group * width + i % width
                    }
                    let statistics = Statistics(indices.map { input[$0] }, epsilon: epsilon)
                    for i in indices {
                        out[i] = Float(activation(statistics.normalize(input[i], i % channels, affine)))
                    }
                }
            }
        }
    }

    /// `(x − mean) / √(variance + epsilon) · scale + shift` within each row.
    public func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        let channels = x.shape.channels
        precondition(channels == weight.channels, "x is [..., C]")
        let input = try values(x, "layerNorm")
        let affine = try self.weight(weight.storage, "layerNorm")
        return try tensor(x.shape) { out in
            for row in 0..<x.shape.rows {
                let indices = row * channels..<(row + 1) * channels
                let statistics = Statistics(input[indices], epsilon: epsilon)
                for i in indices { out[i] = Float(statistics.normalize(input[i], i % channels, affine)) }
            }
        }
    }
}

/// Mean and biased variance of some elements.
private struct Statistics {
    let mean: Double
    let inverseDeviation: Double

    init(_ elements: some Collection<Float>, epsilon: Float) {
        let count = Double(elements.count)
        let mean = elements.reduce(0) { $0 + Double($1) } / count
        let variance = elements.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        self.mean = mean
        inverseDeviation = 1 / (variance + Double(epsilon)).squareRoot()
    }

    func normalize(_ element: Float, _ channel: Int, _ affine: FloatWeight) -> Double {
        (Double(element) - mean) * inverseDeviation * Double(affine.values[channel]) + Double(affine.bias[channel])
    }
}
