import DaguerreTensors

/// The way round a layer through few channels: `factor · up(down(x))`.
///
/// The matrices are the adapter's own, without the request's weight, so that any weights and any company of other
/// adapters find them ready; the factor is applied to the few channels between.
struct SidePath: Sendable {
    /// To the channels between, in the way of the layer itself.
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

    /// `factor · x` in the channels between; an image has the size of `like`.
    func middle(_ x: Tensor, factor: Double, like: Tensor, on backend: any Backend) throws -> Tensor {
        let middle =
            switch down {
            case .linear(let weight): try backend.linear(x, weight)
            case .convolution(let weight): try backend.convolution(x, weight)
            case .upsampleConvolution(let weight):
                try backend.upsampleConvolution(x, weight, height: like.shape[1], width: like.shape[2])
            }
        return factor == 1 ? middle : try backend.weightedSum([(factor, middle)])
    }

    /// Packs the product of `part` for a layer of shape `shape`, whose outputs are in `pieceCount` equal weights.
    init(
        _ product: WeightChange.LowRank, name: String, shape: Shape, pieceCount: Int, on backend: any Backend,
        down: (HostTensor) throws -> Down
    ) throws {
        let rows = try DeltaArithmetic(backend: backend).down(product)
        self.down = try down(rows.reshaped(Shape([product.rank] + shape.extents.dropFirst())))
        let size = shape[0] / pieceCount
        ups = try (0..<pieceCount).map {
            try backend.prepareLinear(
                "\(name).lora_up", weight: product.up.slice($0 * size..<($0 + 1) * size), bias: nil)
        }
    }
}

/// One adapter's way round a layer, as strong as a request wants it.
struct WeighedPath: Sendable {
    let path: SidePath
    let factor: Double

    /// `y + factor · up(down(x))` in `y`'s element type.
    func added(to y: Tensor, _ x: Tensor, on backend: any Backend) throws -> Tensor {
        try backend.linear(
            path.middle(x, factor: factor, like: y, on: backend), path.ups[0], residual: y, activation: .identity,
            as: y.elementType)
    }
}

extension [WeighedPath] {
    /// `y` with every path's share, one after the other.
    func added(to y: Tensor, _ x: Tensor, on backend: any Backend) throws -> Tensor {
        try reduce(y) { try $1.added(to: $0, x, on: backend) }
    }
}
