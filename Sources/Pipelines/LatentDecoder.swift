import DaguerreModels
import DaguerrePixels
import DaguerreTensors

/// Turns final latents into pictures; NaNs of half precision are mended by float32, whose weights are loaded once.
struct LatentDecoder {
    private let autoencoder: Autoencoder
    private let loadFloat32: () throws -> (Autoencoder, any Backend)
    private var float32: (autoencoder: Autoencoder, backend: any Backend)?

    init(_ autoencoder: Autoencoder, float32: @escaping () throws -> (Autoencoder, any Backend)) {
        self.autoencoder = autoencoder
        loadFloat32 = float32
    }

    /// Final latents `[1, H/s, W/s, C]` → a picture; the first of a request's that needs float32 adds to its warnings.
    ///
    /// - Throws: ``PipelineError/undecodable(layer:)`` if float32 gives NaN or infinite pixels, too.
    mutating func picture(
        of latents: HostTensor, warnings: inout [String], on backend: some Backend
    ) throws -> Image {
        if let picture = try Self.pixels(of: latents, autoencoder, on: backend) { return picture }
        guard backend.activationType != .float32 else {
            throw PipelineError.undecodable(layer: try Self.culprit(latents, autoencoder, on: backend))
        }
        let warning =
            "the autoencoder gave NaN in \(backend.activationType.rawValue); it was run again in float32"
        if !warnings.contains(warning) { warnings.append(warning) }
        let (mended, float32) = try float32 ?? load()
        guard let picture = try Self.pixels(of: latents, mended, on: float32) else {
            throw PipelineError.undecodable(layer: try Self.culprit(latents, mended, on: float32))
        }
        return picture
    }

    private mutating func load() throws -> (autoencoder: Autoencoder, backend: any Backend) {
        let loaded = try loadFloat32()
        float32 = loaded
        return loaded
    }

    private static func pixels(
        of latents: HostTensor, _ autoencoder: Autoencoder, on backend: some Backend
    ) throws -> Image? {
        let decoded = try autoencoder.decode(unscaled(latents, autoencoder, on: backend), on: backend)
        return try backend.isFinite(decoded) ? Image(backend.download(decoded)) : nil
    }

    /// Decodes on a backend that computes nothing.
    static func rehearse(_ latents: HostTensor, _ autoencoder: Autoencoder, on backend: some Backend) throws {
        _ = try autoencoder.decode(unscaled(latents, autoencoder, on: backend), on: backend)
    }

    /// The autoencoder's own latents: the denoiser's, unscaled.
    static func unscaled(
        _ latents: HostTensor, _ autoencoder: Autoencoder, on backend: some Backend
    ) throws -> Tensor {
        let configuration = autoencoder.configuration
        let values = latents.floats.map { Float(Double($0) / configuration.scalingFactor + configuration.shiftFactor) }
        return try backend.upload(HostTensor(values, shape: latents.shape), as: .float32)
    }

    private static func culprit(
        _ latents: HostTensor, _ autoencoder: Autoencoder, on backend: some Backend
    ) throws -> String {
        try firstNonFiniteLayer(on: backend) {
            _ = try autoencoder.decode(unscaled(latents, autoencoder, on: backend), on: $0)
        }
    }
}
