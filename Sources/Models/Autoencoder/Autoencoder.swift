public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// Turns pixels into latents and back.
///
/// Source: Rombach et al. (arXiv 2112.10752) §3.1; diffusers 0.42.1 `AutoencoderKL`, whose weight keys these are.
public struct Autoencoder: Sendable {
    /// The shape it was built to.
    public let configuration: AutoencoderConfiguration

    private let encoder: AutoencoderEncoder
    private let decoder: AutoencoderDecoder
    private let quantConvolution, postQuantConvolution: Linear?

    /// Builds every layer from its weights; the ledger's `verify()` lists what is absent or misshapen.
    public init(_ configuration: AutoencoderConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        let latents = configuration.latentChannels
        encoder = try AutoencoderEncoder(configuration, from: weights["encoder"])
        decoder = try AutoencoderDecoder(configuration, from: weights["decoder"])
        quantConvolution =
            configuration.hasQuantConvolution ? try Linear(2 * latents, 2 * latents, from: weights["quant_conv"]) : nil
        postQuantConvolution =
            configuration.hasPostQuantConvolution ? try Linear(latents, latents, from: weights["post_quant_conv"]) : nil
    }

    /// `pixels [N, H, W, 3]` from -1 to 1 → mean and log variance of its unscaled latents, each `[N, H/s, W/s, C]`.
    public func encode(_ pixels: Tensor, on backend: some Backend) throws -> (mean: HostTensor, logVariance: HostTensor)
    {
        var moments = try encoder(pixels, on: backend)
        if let quantConvolution { moments = try quantConvolution(moments, on: backend) }
        let host = try backend.download(moments)
        let channels = configuration.latentChannels
        let values = host.floats
        let shape = moments.shape.withChannels(channels)
        func half(_ offset: Int) -> [Float] {
            values.isEmpty
                ? []
                : (0..<shape.rows).flatMap { row in
                    values[(2 * row + offset) * channels..<(2 * row + offset + 1) * channels]
                }
        }
        return (
            HostTensor(half(0), shape: shape),
            // Bounds as in diffusers `DiagonalGaussianDistribution`.
            HostTensor(half(1).map { min(max($0, -30), 20) }, shape: shape)
        )
    }

    /// Unscaled `latents [N, H, W, C]` → pixels `[N, H · s, W · s, 3]`, about -1 to 1, unclamped.
    public func decode(_ latents: Tensor, on backend: some Backend) throws -> Tensor {
        try decoder(postQuantConvolution?(latents, on: backend) ?? latents, on: backend)
    }
}
