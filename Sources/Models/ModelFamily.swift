/// The families of Stable Diffusion, which differ in text encoders and in what the denoiser is told.
public enum ModelFamily: String, Hashable, Sendable, CaseIterable, Codable {
    /// One CLIP ViT-L text encoder.
    case stableDiffusion1 = "sd1"
    /// One OpenCLIP ViT-H text encoder.
    case stableDiffusion2 = "sd2"
    /// Both CLIP ViT-L and OpenCLIP ViT-bigG, pooled text, and sizes.
    case stableDiffusionXL = "sdxl"
    /// OpenCLIP ViT-bigG, pooled text, sizes and an aesthetic score: the second half of SDXL's denoising.
    case stableDiffusionXLRefiner = "sdxl-refiner"

    /// What people call it: `Stable Diffusion XL`.
    public var title: String {
        switch self {
        case .stableDiffusion1: "Stable Diffusion 1.x"
        case .stableDiffusion2: "Stable Diffusion 2.x"
        case .stableDiffusionXL: "Stable Diffusion XL"
        case .stableDiffusionXLRefiner: "Stable Diffusion XL refiner"
        }
    }

    /// Whether the denoiser is told pooled text and sizes.
    public var isXL: Bool { self == .stableDiffusionXL || self == .stableDiffusionXLRefiner }

    /// Pixels on each side of the pictures that it was trained on, where a checkpoint does not say.
    public var side: Int {
        switch self {
        case .stableDiffusion1: 512
        case .stableDiffusion2: 768
        case .stableDiffusionXL, .stableDiffusionXLRefiner: 1024
        }
    }
}
