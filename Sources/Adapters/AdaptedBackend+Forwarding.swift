public import DaguerreTensors

// Each operation is its protocol's: norms adapted, the rest forwarded.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension AdaptedBackend: Backend {
    public var activationType: ElementType { base.activationType }

    public var memory: MemoryReport { base.memory }

    public func resetPeak() { base.resetPeak() }

    public var isRehearsal: Bool { base.isRehearsal }

    public func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight {
        try base.prepareConvolution(name, weight: weight, bias: bias, stride: stride, padding: padding)
    }

    public func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight {
        try base.prepareUpsampleConvolution(name, weight: weight, bias: bias)
    }

    public func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight {
        try base.prepareLinear(name, weight: weight, bias: bias)
    }

    public func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight {
        try base.prepareNorm(name, scale: scale, shift: shift)
    }

    public func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        guard let runs = try runs(recipe(weight), count: x.shape[0]) else {
            return try base.groupNorm(x, weight, groups: groups, epsilon: epsilon, activation: activation)
        }
        return try joined(runs) {
            try base.groupNorm(
                x.slice($0.rows), $0.norm ?? weight, groups: groups, epsilon: epsilon, activation: activation)
        }
    }

    public func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        guard let runs = try runs(recipe(weight), count: x.shape[0]) else {
            return try base.layerNorm(x, weight, epsilon: epsilon)
        }
        return try joined(runs) { try base.layerNorm(x.slice($0.rows), $0.norm ?? weight, epsilon: epsilon) }
    }

    /// A normalisation has nothing beside it; binding lets only differences reach one.
    private func recipe(_ weight: NormWeight) -> Recipe {
        Recipe(
            path: weight.name, rowsOfEntry: 1,
            down: { _ in throw AdapterError.matchesNothing(file: weight.name, example: weight.name) },
            merge: { [base] merged in
                let shift =
                    merged.bias ?? HostTensor(Array(repeating: 0, count: weight.channels), shape: [weight.channels])
                return .norm(try base.prepareNorm(weight.name, scale: merged.weight, shift: shift))
            })
    }

    public func upload(_ host: HostTensor, as elementType: ElementType) throws -> Tensor {
        try base.upload(host, as: elementType)
    }

    public func download(_ x: Tensor) throws -> HostTensor { try base.download(x) }

    public func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        try base.gatedProduct(value, gate: gate)
    }

    public func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        try base.attention(q: q, k: k, v: v, heads: heads, causal: causal)
    }

    public func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        try base.activate(x, activation)
    }

    public func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        try base.weightedSum(terms)
    }

    public func concatenateChannels(_ tensors: [Tensor]) throws -> Tensor { try base.concatenateChannels(tensors) }

    public func concatenateBatch(_ tensors: [Tensor]) throws -> Tensor { try base.concatenateBatch(tensors) }

    public func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        try base.periodicWindow(x, rows: rows, columns: columns)
    }

    public func convert(_ x: Tensor, to elementType: ElementType) throws -> Tensor {
        try base.convert(x, to: elementType)
    }

    public func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        try base.timestepEmbedding(
            timesteps, channels: channels, cosineFirst: cosineFirst, frequencyShift: frequencyShift)
    }

    public func isFinite(_ x: Tensor) throws -> Bool { try base.isFinite(x) }
}
