public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors
import Glibc

/// Turns latents into pictures much faster than the autoencoder that they come from, and less exactly: for previews.
///
/// It is the decoder of TAESD alone. Source: madebyollin/taesd; diffusers 0.42.1 `DecoderTiny`, whose weight keys these
/// are.
public struct TinyAutoencoder: Sendable {
    /// The shape it was built to.
    public let configuration: TinyAutoencoderConfiguration

    private struct Stage: Sendable {
        let blocks: [TinyBlock]
        /// Nil in the last stage.
        let upsampler: Upsampler?
    }

    private let convIn, convOut: Convolution
    private let stages: [Stage]

    /// Latents beyond three times the usual are bent back.
    ///
    /// Source: `Clamp` in madebyollin/taesd.
    private static let latentMagnitude = 3.0

    /// Builds every layer from its weights; the ledger's `verify()` lists what is absent or misshapen.
    public init(_ configuration: TinyAutoencoderConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        let layers = weights["decoder"]["layers"]
        let channels = configuration.channels
        convIn = try Convolution(configuration.latentChannels, channels, kernel: 3, from: layers[0])
        // The numbers count activations and enlargements, too, which have no weights.
        var next = 2
        let last = configuration.blockCounts.count - 1
        stages = try configuration.blockCounts.enumerated().map { stage, count in
            let blocks = try (0..<count).map { try TinyBlock(channels, from: layers[next + $0]) }
            next += count
            guard stage < last else { return Stage(blocks: blocks, upsampler: nil) }
            defer { next += 2 }
            return Stage(
                blocks: blocks, upsampler: try Upsampler(channels, hasBias: false, convolution: layers[next + 1]))
        }
        convOut = try Convolution(channels, configuration.outChannels, kernel: 3, from: layers[next])
    }

    /// `latents [N, H, W, C]`, scaled as the denoiser sees them → `[N, H · s, W · s, 3]` from -1 to 1, unclamped.
    ///
    /// What goes in and out is scaled on the host: it is little beside what lies between.
    public func decode(_ latents: HostTensor, on backend: some Backend) throws -> HostTensor {
        let magnitude = Self.latentMagnitude
        let bent = latents.floats.map { value in
            let unscaled = Double(value) / configuration.scalingFactor + configuration.shiftFactor
            return Float(tanh(unscaled / magnitude) * magnitude)
        }
        let x = try backend.upload(HostTensor(bent, shape: latents.shape), as: backend.activationType)
        let decoded = try backend.download(layers(x, on: backend))
        return HostTensor(decoded.floats.map { 2 * $0 - 1 }, shape: decoded.shape)
    }

    /// Decodes latents of `shape` on a backend that computes nothing, for what it takes.
    package func rehearse(_ shape: Shape, on backend: some Backend) throws {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let latents = HostTensor(shape: shape, elementType: .float32, bytes: nothing, owner: nil)
        _ = try layers(backend.upload(latents, as: backend.activationType), on: backend)
    }

    /// `[N, H, W, C]` → `[N, H · s, W · s, 3]` from 0 to 1, unclamped.
    private func layers(_ latents: Tensor, on backend: some Backend) throws -> Tensor {
        var x = try convIn(latents, activation: .relu, on: backend)
        for stage in stages {
            for block in stage.blocks { x = try block(x, on: backend) }
            guard let upsampler = stage.upsampler else { continue }
            let size = (x.shape[1] * configuration.enlargement, x.shape[2] * configuration.enlargement)
            x = try upsampler(x, size: size, on: backend)
        }
        return try convOut(x, on: backend)
    }
}

/// Three convolutions beside what goes in.
///
/// Source: diffusers `AutoencoderTinyBlock`.
private struct TinyBlock: Sendable {
    private let convolutions: [Convolution]

    init(_ channels: Int, from weights: WeightScope) throws {
        // An activation lies between each two.
        convolutions = try [0, 2, 4].map {
            try Convolution(channels, channels, kernel: 3, from: weights["conv"][$0])
        }
    }

    /// `x [N, H, W, C]` → the same shape.
    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        var h = try convolutions[0](x, activation: .relu, on: backend)
        h = try convolutions[1](h, activation: .relu, on: backend)
        return try convolutions[2](h, residual: x, activation: .relu, on: backend)
    }
}

extension TinyAutoencoderSource {
    /// Builds the decoder; first on the Meter, where nothing is computed, to know that it can be.
    ///
    /// - Throws: ``ModelError`` naming a field; `CheckpointError.unusable` listing all keys that are missing, misshapen
    ///   or unread.
    public func autoencoder(on backend: any Backend) throws -> TinyAutoencoder {
        let shape = try decodeConfiguration(TinyAutoencoderConfiguration.self, configuration, file: name)
        let ledger = WeightLedger(weights, file: name)
        ledger.ignore { $0.hasPrefix("encoder.") }
        let autoencoder = try TinyAutoencoder(shape, from: WeightScope(ledger, backend: backend))
        try ledger.verify()
        weights.dropPages()
        return autoencoder
    }
}
