import DaguerreModels
import DaguerrePixels
import DaguerreSampling
import DaguerreTensors
import Glibc

/// What the autoencoder makes of a picture: the distribution of its latents.
struct EncodedPicture: Sendable {
    private let mean, logVariance: HostTensor
    private let configuration: AutoencoderConfiguration

    /// Encodes `pixels [1, H, W, 3]`, from -1 to 1.
    ///
    /// - Throws: ``PipelineError/unencodable`` if the latents are not finite.
    init(_ pixels: HostTensor, _ autoencoder: Autoencoder, on backend: some Backend) throws {
        (mean, logVariance) = try autoencoder.encode(backend.upload(pixels, as: .float32), on: backend)
        configuration = autoencoder.configuration
        guard mean.floats.allSatisfy(\.isFinite), logVariance.floats.allSatisfy(\.isFinite) else {
            throw PipelineError.unencodable
        }
    }

    /// One draw from it, scaled as the denoiser sees latents: `[1, H/s, W/s, C]`.
    func sample(_ noise: inout some NoiseSource) -> HostTensor {
        let drawn = noise.next(mean.shape).floats
        guard !drawn.isEmpty else { return mode }
        let deviations = logVariance.floats.map { exp(0.5 * $0) }
        return scaled(zip(mean.floats, zip(deviations, drawn)).map { $0 + $1.0 * $1.1 })
    }

    /// Its middle, scaled as the denoiser sees latents.
    var mode: HostTensor { scaled(mean.floats) }

    private func scaled(_ values: [Float]) -> HostTensor {
        let (shift, factor) = (configuration.shiftFactor, configuration.scalingFactor)
        return HostTensor(values.map { Float((Double($0) - shift) * factor) }, shape: mean.shape)
    }
}
