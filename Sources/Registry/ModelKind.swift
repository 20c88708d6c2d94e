/// What a file of the models folder is for, and the folder it lies in.
public enum ModelKind: String, Codable, CaseIterable, Sendable {
    /// A whole model: a diffusers folder or a checkpoint of one file.
    case checkpoint = "checkpoints"
    /// A LoRA or a relative of it.
    case lora = "loras"
    /// A textual inversion.
    case embedding = "embeddings"
    /// A ControlNet or a T2I-Adapter.
    case control = "controlnet"
    /// An IP-Adapter.
    case imagePrompt = "ip-adapter"
    /// An encoder that sees for an IP-Adapter.
    case vision = "clip-vision"
    /// An autoencoder to take in place of a model's own.
    case vae
    /// A safety checker.
    case safetyChecker = "safety-checker"
    /// A tiny autoencoder (TAESD) that previews are decoded by.
    case previewDecoder = "vae-approx"
}
