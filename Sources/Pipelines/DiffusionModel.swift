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
    ///
    /// - Throws: ``PipelineError/invalid(field:found:expected:)`` naming a width of one part that does not fit another's.
    public init(
        tokenizer: CLIPTokenizer, textEncoder: CLIPTextEncoder, unet: UNet, autoencoder: Autoencoder,
        sampler: SamplerConfiguration
    ) throws(PipelineError) {
        func require(_ field: String, _ found: Int, _ expected: Int, _ whose: String) throws(PipelineError) {
            guard found != expected else { return }
            throw .invalid(field: field, found: "\(found)", expected: "\(expected)\(whose)")
        }
        let latents = autoencoder.configuration.latentChannels
        try require("in_channels of the UNet", unet.configuration.inChannels, latents, " as the autoencoder has")
        try require("out_channels of the UNet", unet.configuration.outChannels, latents, " as the autoencoder has")
        try require(
            "out_channels of the autoencoder", autoencoder.configuration.outChannels, 3, ": red, green, blue")
        for width in unet.configuration.crossAttentionWidth {
            try require(
                "cross_attention_dim of the UNet", width, textEncoder.configuration.width,
                " as the text encoder has")
        }
        self.tokenizer = tokenizer
        self.textEncoder = textEncoder
        self.unet = unet
        self.autoencoder = autoencoder
        self.sampler = sampler
    }

    /// Pixels per latent on each side.
    public var scale: Int { autoencoder.configuration.scale }
}
