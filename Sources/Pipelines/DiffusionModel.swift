public import DaguerreModels
public import DaguerreSampling
public import DaguerreTokenizers

/// The parts of a Stable Diffusion checkpoint, built on one backend.
public struct DiffusionModel: Sendable {
    /// Prompts to tokens.
    public let tokenizer: CLIPTokenizer
    /// Tokens to states.
    public let textEncoder: CLIPTextEncoder
    /// Predicts the noise.
    public let unet: UNet
    /// Latents to pixels and back.
    public let autoencoder: Autoencoder
    /// What `scheduler_config.json` says.
    public let sampler: SamplerConfiguration

    /// Makes a model of its parts.
    public init(
        tokenizer: CLIPTokenizer, textEncoder: CLIPTextEncoder, unet: UNet, autoencoder: Autoencoder,
        sampler: SamplerConfiguration
    ) {
        self.tokenizer = tokenizer
        self.textEncoder = textEncoder
        self.unet = unet
        self.autoencoder = autoencoder
        self.sampler = sampler
    }

    /// Pixels per latent on each side.
    public var scale: Int { autoencoder.configuration.scale }
}
