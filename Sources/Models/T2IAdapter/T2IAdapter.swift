public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// Turns a control picture into features that are added to a UNet's levels on the way down, the same at every step.
///
/// Source: Mou et al., "T2I-Adapter" (arXiv 2302.08453); diffusers 0.42.1 `T2IAdapter`, whose weight keys these are.
public struct T2IAdapter: Sendable {
    /// The shape it was built to.
    public let configuration: T2IAdapterConfiguration

    private let convIn: Convolution?  // not in light adapters
    private let levels: [Level]

    /// Builds every layer from its weights; the ledger's `verify()` lists what is absent or misshapen.
    public init(_ configuration: T2IAdapterConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        let adapter = weights["adapter"]
        let inputs = configuration.inChannels * configuration.scale * configuration.scale
        let isLight = configuration.kind == .light
        convIn =
            isLight
            ? nil : try Convolution(inputs, configuration.channels[0], kernel: 3, from: adapter["conv_in"])
        var width = isLight ? inputs : configuration.channels[0]
        var halvings = 0
        var levels: [Level] = []
        for (index, feature) in configuration.features.enumerated() {
            levels.append(
                try Level(
                    width, feature.channels, isLight: isLight, isHalved: feature.halvings > halvings,
                    layerCount: configuration.layerCount, from: adapter["body"][index]))
            width = feature.channels
            halvings = feature.halvings
        }
        self.levels = levels
    }

    /// Features of control pictures `[N, H, W, 3]` in 0…1, or of grey ones `[N, H, W, 1]`.
    ///
    /// They are for ``ControlResiduals/init(features:factor:)``, and computed once per run. A network for grey pictures
    /// sees the red of coloured ones, whose channels are alike.
    ///
    /// - Throws: ``ModelError`` if the configuration's `scale` does not divide height and width.
    public func callAsFunction(_ pictures: HostTensor, on backend: some Backend) throws -> [Tensor] {
        let scale = configuration.scale
        guard pictures.shape[1] % scale == 0, pictures.shape[2] % scale == 0 else {
            throw ModelError.invalid(
                file: "a T2I-Adapter", field: "the size of the control picture",
                found: "\(pictures.shape[2]) × \(pictures.shape[1])", expected: "multiples of \(scale)")
        }
        let pictures = pictures.withChannels(configuration.inChannels)
        var x = try backend.upload(pictures.unshuffled(configuration.scale), as: backend.activationType)
        if let convIn { x = try convIn(x, on: backend) }
        return try levels.map { level in
            x = try level(x, on: backend)
            return x
        }
    }
}

/// Residual blocks of one size, after a halving where there is one.
///
/// Source: diffusers `AdapterBlock`, `LightAdapterBlock`.
private struct Level: Sendable {
    private let isHalved: Bool
    private let convIn, convOut: Linear?
    private let blocks: [(first: Convolution, second: Convolution)]

    init(
        _ inputs: Int, _ outputs: Int, isLight: Bool, isHalved: Bool, layerCount: Int, from weights: WeightScope
    ) throws {
        self.isHalved = isHalved
        let width = isLight ? outputs / 4 : outputs
        convIn = isLight || inputs != outputs ? try Linear(inputs, width, from: weights["in_conv"]) : nil
        convOut = isLight ? try Linear(width, outputs, from: weights["out_conv"]) : nil
        blocks = try (0..<layerCount).map { index in
            let block = weights["resnets"][index]
            return (
                try Convolution(width, width, kernel: 3, from: block["block1"]),
                try Convolution(width, width, kernel: isLight ? 3 : 1, from: block["block2"])
            )
        }
    }

    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        var x = isHalved ? try backend.halved(x) : x
        if let convIn { x = try convIn(x, on: backend) }
        for block in blocks {
            let h = try block.first(x, activation: .relu, on: backend)
            x = try block.second(h, residual: x, on: backend)
        }
        return try convOut?(x, on: backend) ?? x
    }
}

extension Backend {
    /// The mean of each 2×2 pixels of `x [N, H, W, C]` → `[N, ⌈H/2⌉, ⌈W/2⌉, C]`; at an odd edge of those there are.
    ///
    /// It goes through the host, since it happens a few times a run and on small tensors.
    /// Source: torch `AvgPool2d(2, 2, ceil_mode=True)`.
    fileprivate func halved(_ x: Tensor) throws -> Tensor {
        let (count, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let shape: Shape = [count, (height + 1) / 2, (width + 1) / 2, channels]
        let source = try download(x).floats
        var result: [Float] = []
        result.reserveCapacity(shape.elementCount)
        for image in 0..<count {
            for row in 0..<shape[1] {
                for column in 0..<shape[2] {
                    let rows = [2 * row, min(2 * row + 1, height - 1)]
                    let columns = [2 * column, min(2 * column + 1, width - 1)]
                    // An edge's own pixel taken twice leaves the mean of those that there are.
                    let starts = rows.flatMap { row in
                        columns.map { ((image * height + row) * width + $0) * channels }
                    }
                    for channel in 0..<channels {
                        let sum = starts.reduce(Float(0)) { $0 + source[$1 + channel] }
                        result.append(sum / 4)
                    }
                }
            }
        }
        return try upload(HostTensor(result, shape: shape), as: x.elementType)
    }
}

extension HostTensor {
    /// The first `count` of three channels, or one channel `count` times.
    fileprivate func withChannels(_ count: Int) -> HostTensor {
        let channels = shape.channels
        guard count != channels, !isShapeOnly else {
            return isShapeOnly
                ? HostTensor(
                    shape: shape.withChannels(count), elementType: elementType,
                    bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil) : self
        }
        let values = floats
        return HostTensor(
            (0..<shape.rows * count).map { values[$0 / count * channels + min($0 % count, channels - 1)] },
            shape: shape.withChannels(count))
    }

    /// Blocks of `factor`×`factor` pixels of `[N, H, W, C]` become channels: `[N, H/factor, W/factor, C·factor²]`.
    ///
    /// Channel `(c · factor + row) · factor + column` holds channel *c* of that row and column of the block. A tensor
    /// that has a shape only becomes zeros.
    ///
    /// Source: torch `PixelUnshuffle`.
    fileprivate func unshuffled(_ factor: Int) -> HostTensor {
        precondition(shape.rank == 4 && shape[1] % factor == 0 && shape[2] % factor == 0, "blocks fill the picture")
        let (count, height, width, channels) = (shape[0], shape[1] / factor, shape[2] / factor, shape[3])
        let target: Shape = [count, height, width, channels * factor * factor]
        guard !isShapeOnly else {
            return HostTensor(Array(repeating: 0, count: target.elementCount), shape: target)
        }
        let source = floats
        var result: [Float] = []
        result.reserveCapacity(target.elementCount)
        for image in 0..<count {
            for row in 0..<height {
                for column in 0..<width {
                    for channel in 0..<channels {
                        for y in 0..<factor {
                            let start = ((image * height + row) * factor + y) * width * factor + column * factor
                            for x in 0..<factor { result.append(source[(start + x) * channels + channel]) }
                        }
                    }
                }
            }
        }
        return HostTensor(result, shape: target)
    }
}
