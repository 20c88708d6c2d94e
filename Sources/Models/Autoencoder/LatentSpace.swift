/// Which latents a model draws: what was made for those of one space makes nonsense of another's.
public enum LatentSpace: String, Hashable, Sendable, CaseIterable {
    /// That of Stable Diffusion 1.x and 2.x, which share an autoencoder.
    case stableDiffusion
    /// That of Stable Diffusion XL and its refiner.
    case stableDiffusionXL

    /// The space of an autoencoder of the given shape, told by the factor that its latents are scaled by; nil for any other,
    /// such as the built-in model's.
    public init?(_ autoencoder: AutoencoderConfiguration) {
        guard autoencoder.latentChannels == 4, autoencoder.scale == 8, autoencoder.shiftFactor == 0 else { return nil }
        // The published factors, as checkpoints have them in `vae/config.json`.
        switch autoencoder.scalingFactor {
        case 0.18214..<0.18216: self = .stableDiffusion
        case 0.13024..<0.13026: self = .stableDiffusionXL
        default: return nil
        }
    }

    /// The space that a tiny autoencoder is for by the name of its file or folder: `taesd`, `taesd_decoder`, `taesdxl`,
    /// `taesdxl_decoder`; nil for any other, since nothing in the weights says it.
    public init?(tinyAutoencoder name: String) {
        let stem = name.hasSuffix(".safetensors") ? String(name.dropLast(".safetensors".count)) : name
        let key = stem.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
        switch key {
        case "taesd", "taesddecoder": self = .stableDiffusion
        case "taesdxl", "taesdxldecoder": self = .stableDiffusionXL
        default: return nil
        }
    }
}
