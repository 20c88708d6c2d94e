import DaguerreTensors

/// The way round a layer through few channels: `up(down(x))`, several adapters' matrices side by side in one pair.
struct SidePath: Sendable {
    /// To the channels of all ranks together, in the way of the layer itself.
    enum Down: Sendable {
        case linear(LinearWeight)
        case convolution(ConvolutionWeight)
        case upsampleConvolution(UpsampleConvolutionWeight)
    }

    let down: Down
    /// From there to the outputs; two of them where a layer's outputs are two weights.
    let ups: [LinearWeight]

    var byteCount: Int {
        let downBytes =
            switch down {
            case .linear(let weight): weight.storage.byteCount
            case .convolution(let weight): weight.storage.byteCount
            case .upsampleConvolution(let weight): weight.storage.byteCount
            }
        return ups.reduce(downBytes) { $0 + $1.storage.byteCount }
    }

    /// `x` in the channels between; `like` has the output's size.
    func middle(_ x: Tensor, like: Tensor, on backend: any Backend) throws -> Tensor {
        switch down {
        case .linear(let weight): try backend.linear(x, weight)
        case .convolution(let weight): try backend.convolution(x, weight)
        case .upsampleConvolution(let weight):
            try backend.upsampleConvolution(x, weight, height: like.shape[1], width: like.shape[2])
        }
    }

    /// `y + up(down(x))` in `y`'s element type.
    func added(to y: Tensor, _ x: Tensor, on backend: any Backend) throws -> Tensor {
        try backend.linear(
            middle(x, like: y, on: backend), ups[0], residual: y, activation: .identity, as: y.elementType)
    }
}

/// Puts several adapters' thin matrices together and packs them.
struct SidePathBuilder {
    let backend: any Backend
    let name: String
    /// `[O, I]` or `[O, I, K, K]`.
    let shape: Shape
    let parts: [(product: WeightChange.LowRank, factor: Double)]

    /// Nil where a part is no product of two thin matrices.
    init?(_ layer: LayerAdaptations.Layer, name: String, shape: Shape, on backend: any Backend) {
        var parts: [(WeightChange.LowRank, Double)] = []
        for part in layer.parts {
            guard let product = part.delta.lowRank else { return nil }
            parts.append((product, part.factor))
        }
        self.parts = parts
        self.name = name
        self.shape = shape
        self.backend = backend
    }

    /// Channels between: all ranks together.
    var rank: Int { parts.reduce(0) { $0 + $1.product.rank } }

    /// Packs a path whose outputs are in `pieceCount` equal weights.
    func path(pieceCount: Int = 1, down: (HostTensor) throws -> SidePath.Down) throws -> SidePath {
        let up = try self.up()
        let size = shape[0] / pieceCount
        let ups = try (0..<pieceCount).map {
            try backend.prepareLinear("\(name).lora_up", weight: up.slice($0 * size..<($0 + 1) * size), bias: nil)
        }
        return SidePath(down: try down(self.down()), ups: ups)
    }

    /// All ranks' rows `[rank, I]` or `[rank, I, K, K]`.
    private func down() throws -> HostTensor {
        let arithmetic = DeltaArithmetic(backend: backend)
        let rows = try parts.map { try arithmetic.down($0.product).reshaped([$0.product.rank, columns]) }
        let all = Shape([rank] + shape.extents.dropFirst())
        if rows.count == 1 { return rows[0].reshaped(all) }
        let joined = try backend.concatenateBatch(rows.map { try backend.upload($0, as: .float32) })
        return try arithmetic.host(joined).reshaped(all)
    }

    /// All ranks' columns `[O, rank]`, each times its factor and scale.
    private func up() throws -> HostTensor {
        let scaled = try parts.map { product, factor in
            try backend.weightedSum([(factor * product.scale, backend.upload(product.up, as: .float32))])
        }
        let joined = scaled.count == 1 ? scaled[0] : try backend.concatenateChannels(scaled)
        return try DeltaArithmetic(backend: backend).host(joined)
    }

    private var columns: Int { shape.elementCount / max(shape[0], 1) }
}
