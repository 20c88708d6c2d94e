public import DaguerreModels
public import DaguerreSampling
import DaguerreTensors

/// The parts of a Stable Diffusion checkpoint, built on one backend.
public struct DiffusionModel: Sendable {
    /// What the parts make together.
    public let family: ModelFamily
    /// Prompts to states.
    public let text: TextStack
    /// Predicts the noise.
    public let unet: UNet
    /// Latents to pixels and back.
    public let autoencoder: Autoencoder
    /// What `scheduler_config.json` says.
    public let sampler: SamplerConfiguration
    /// Whether an empty negative prompt stands for states of zeros, as in SDXL.
    public let zeroesEmptyNegative: Bool

    /// Makes a model of its parts.
    ///
    /// - Throws: ``PipelineError/invalid(field:found:expected:)`` naming a width of one part that does not fit another's.
    public init(
        text: TextStack, unet: UNet, autoencoder: Autoencoder, sampler: SamplerConfiguration,
        zeroesEmptyNegative: Bool = false
    ) throws(PipelineError) {
        func require(_ field: String, _ found: Int, _ expected: [Int], _ whose: String) throws(PipelineError) {
            guard !expected.contains(found) else { return }
            let numbers = expected.map(String.init).joined(separator: " or ")
            throw .invalid(field: field, found: "\(found)", expected: numbers + whose)
        }
        let latents = autoencoder.configuration.latentChannels
        // An inpainting model is also shown a mask and the latents around it.
        try require(
            "in_channels of the UNet", unet.configuration.inChannels, [latents, 2 * latents + 1],
            ", which goes with the autoencoder's latent_channels \(latents)")
        try require("out_channels of the UNet", unet.configuration.outChannels, [latents], " as the autoencoder has")
        try require(
            "out_channels of the autoencoder", autoencoder.configuration.outChannels, [3], ": red, green, blue")
        for width in unet.configuration.crossAttentionWidth {
            try require(
                "cross_attention_dim of the UNet", width, [text.width],
                text.parts.count == 1 ? " as the text encoder has" : " as the text encoders have together")
        }
        let numbers = try Self.numberCount(unet.configuration.addition, pooledWidth: text.pooledWidth)
        family =
            switch numbers {
            case nil: text.parts[0].encoder.configuration.isOpenCLIP ? .stableDiffusion2 : .stableDiffusion1
            case PictureConditions.refinerCount: .stableDiffusionXLRefiner
            default: .stableDiffusionXL
            }
        self.text = text
        self.unet = unet
        self.autoencoder = autoencoder
        self.sampler = sampler
        self.zeroesEmptyNegative = zeroesEmptyNegative
    }

    /// How many numbers about the picture the UNet is told.
    private static func numberCount(
        _ addition: UNetConfiguration.Addition?, pooledWidth: Int
    ) throws(PipelineError) -> Int? {
        guard let addition else { return nil }
        let counts = [PictureConditions.baseCount, PictureConditions.refinerCount]
        guard let count = counts.first(where: { addition.inputWidth == pooledWidth + $0 * addition.numberWidth }) else {
            throw .invalid(
                field: "projection_class_embeddings_input_dim of the UNet", found: "\(addition.inputWidth)",
                expected: counts.map { "\(pooledWidth + $0 * addition.numberWidth)" }.joined(separator: " or ")
                    + ": the pooled text's \(pooledWidth) and 6 or 5 times addition_time_embed_dim")
        }
        return count
    }

    /// Pixels per latent on each side.
    public var scale: Int { autoencoder.configuration.scale }

    /// Whether the denoiser is also shown a mask and the latents around it.
    public var isInpainting: Bool {
        unet.configuration.inChannels != autoencoder.configuration.latentChannels
    }
}

extension CLIPTextConfiguration {
    /// OpenCLIP's encoders activate by the exact GELU, OpenAI's by its approximation.
    fileprivate var isOpenCLIP: Bool { activation == .gelu }
}
