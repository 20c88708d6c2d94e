import CKernels
public import DaguerreTensors

// Each operation is its protocol's.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
    public func attention(q: Tensor, k: Tensor, v: Tensor, heads: Int, causal: Bool) throws -> Tensor {
        precondition(q.shape.rank == 3 && heads > 0 && q.shape.channels % heads == 0, "q is [N, T, heads·d]")
        precondition(k.shape == v.shape && k.shape.channels == q.shape.channels, "k and v are [N, S, heads·d]")
        precondition(k.shape[0] == 1 || k.shape[0] == q.shape[0], "k and v have batch 1 or q's")
        let (q, k, v) = (
            try tensor(q, as: activationType, "attention"), try tensor(k, as: activationType, "attention"),
            try tensor(v, as: activationType, "attention")
        )
        let (result, base) = try makeTensor(q.shape, activationType)
        var shape = daguerre_attention_shape(
            type: activationType.kernelType, batch: q.shape[0], batch_kv: k.shape[0], queries: q.shape[1],
            keys: k.shape[1], heads: heads, d: q.shape.channels / heads, causal: causal)
        let queries = try elements(q, "attention")
        let keys = try elements(k, "attention")
        let values = try elements(v, "attention")
        try withScratch(daguerre_attention_scratch(&shape, Int32(team.size))) { scratch in
            daguerre_attention(team.handle, &shape, queries, keys, values, base, scratch)
        }
        withExtendedLifetime((q, k, v)) {}
        return result
    }

    public func groupNorm(
        _ x: Tensor, _ weight: NormWeight, groups: Int, epsilon: Float, activation: Activation
    ) throws -> Tensor {
        precondition(x.shape.channels == weight.channels && weight.channels % groups == 0, "groups divide the channels")
        guard let norm = weight.storage as? PackedNorm else {
            throw BackendError.foreignStorage(operation: weight.name)
        }
        let batch = x.shape[0]
        let pixels = x.shape.extents.dropFirst().dropLast().reduce(1, *)
        let source = try elements(x, weight.name)
        let (result, base) = try makeTensor(x.shape, x.elementType)
        let scratchByteCount = daguerre_group_norm_scratch(batch, pixels, weight.channels, groups)
        try withScratch(scratchByteCount) { scratch in
            daguerre_group_norm(
                team.handle, x.elementType.kernelType, source, norm.scale, norm.shift, base, batch, pixels,
                weight.channels, groups, epsilon, activation.kernelActivation, scratch)
        }
        withExtendedLifetime((x, norm)) {}
        return try tensor(result, as: activationType, weight.name)
    }

    public func layerNorm(_ x: Tensor, _ weight: NormWeight, epsilon: Float) throws -> Tensor {
        precondition(x.shape.channels == weight.channels, "x is [..., C]")
        guard let norm = weight.storage as? PackedNorm else {
            throw BackendError.foreignStorage(operation: weight.name)
        }
        let source = try elements(x, weight.name)
        let (result, base) = try makeTensor(x.shape, x.elementType)
        daguerre_layer_norm(
            team.handle, x.elementType.kernelType, source, norm.scale, norm.shift, base, x.shape.rows, weight.channels,
            epsilon)
        withExtendedLifetime((x, norm)) {}
        return try tensor(result, as: activationType, weight.name)
    }

    public func activate(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        let source = try elements(x, "activate")
        let (result, base) = try makeTensor(x.shape, x.elementType)
        daguerre_activate(
            team.handle, x.elementType.kernelType, source, base, x.shape.elementCount, activation.kernelActivation)
        return result
    }

    public func gatedProduct(_ value: Tensor, gate: Tensor) throws -> Tensor {
        precondition(value.shape == gate.shape, "value and gate have one shape")
        let (value, gate) = (
            try tensor(value, as: activationType, "gatedProduct"), try tensor(gate, as: activationType, "gatedProduct")
        )
        let (result, base) = try makeTensor(value.shape, activationType)
        daguerre_geglu(
            team.handle, activationType.kernelType, try elements(value, "gatedProduct"),
            try elements(gate, "gatedProduct"), base, value.shape.elementCount)
        withExtendedLifetime((value, gate)) {}
        return result
    }

    public func weightedSum(_ terms: [(factor: Double, tensor: Tensor)]) throws -> Tensor {
        precondition(!terms.isEmpty, "a sum has a term")
        let first = terms[0].tensor
        precondition(terms.allSatisfy { $0.tensor.shape == first.shape }, "terms have one shape")
        var rest = terms
        while rest.count > Self.termsAtOnce {
            // A partial sum is the first term of the next; it stays in float32.
            let partial = try sum(rest.prefix(Self.termsAtOnce), first.shape, as: .float32)
            rest = [(factor: 1, tensor: partial)] + rest.dropFirst(Self.termsAtOnce)
        }
        return try sum(rest, first.shape, as: first.elementType)
    }

    /// Terms that the kernel adds in one pass.
    private static let termsAtOnce = 8

    private func sum(
        _ terms: some Collection<(factor: Double, tensor: Tensor)>, _ shape: Shape, as elementType: ElementType
    ) throws -> Tensor {
        let (result, base) = try makeTensor(shape, elementType)
        let sources = try terms.map { UnsafeRawPointer(try elements($0.tensor, "weightedSum")) as UnsafeRawPointer? }
        daguerre_weighted_sum(
            team.handle, terms.count, sources, terms.map(\.tensor.elementType.kernelType),
            terms.map { Float($0.factor) }, base, elementType.kernelType, shape.elementCount)
        return result
    }

    public func timestepEmbedding(
        _ timesteps: [Double], channels: Int, cosineFirst: Bool, frequencyShift: Double
    ) throws -> Tensor {
        let (result, base) = try makeTensor([timesteps.count, channels], .float32)
        daguerre_timestep_embedding(
            timesteps, timesteps.count, channels, cosineFirst, frequencyShift,
            base.assumingMemoryBound(to: Float.self))
        return result
    }
}
