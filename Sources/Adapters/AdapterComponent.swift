/// A part of a model that adapters change, called as its folder in a checkpoint is.
public enum AdapterComponent: String, Hashable, Sendable, CaseIterable, Codable {
    /// The denoiser.
    case unet
    /// The first text encoder, or the only one.
    case textEncoder = "text_encoder"
    /// The second text encoder of SDXL.
    case textEncoder2 = "text_encoder_2"
}
