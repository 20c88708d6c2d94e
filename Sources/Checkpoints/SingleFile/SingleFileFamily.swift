/// What a checkpoint of one file is descended from.
enum SingleFileFamily: String, Hashable, Sendable, CaseIterable {
    case stableDiffusion1 = "Stable Diffusion 1.x"
    case stableDiffusion2 = "Stable Diffusion 2.x"
    case stableDiffusionXL = "Stable Diffusion XL"
    case stableDiffusionXLRefiner = "Stable Diffusion XL refiner"

    /// A text encoder: where the file has it, and which component it becomes.
    struct TextEncoder: Hashable, Sendable {
        let prefix: String
        let isOpenCLIP: Bool
        /// `text_encoder` or `text_encoder_2`.
        let component: String
        /// Whether the pooled state is projected.
        let hasProjection: Bool

        /// The vocabulary's folder: `tokenizer` or `tokenizer_2`.
        var tokenizer: String { component == "text_encoder" ? "tokenizer" : "tokenizer_2" }
    }

    /// The text encoders in the order in which their states are joined.
    var textEncoders: [TextEncoder] {
        func openCLIP(_ prefix: String, _ component: String, _ hasProjection: Bool) -> TextEncoder {
            TextEncoder(prefix: prefix, isOpenCLIP: true, component: component, hasProjection: hasProjection)
        }
        func clip(_ prefix: String) -> TextEncoder {
            TextEncoder(prefix: prefix, isOpenCLIP: false, component: "text_encoder", hasProjection: false)
        }
        return switch self {
        case .stableDiffusion1: [clip("cond_stage_model.transformer.")]
        case .stableDiffusion2: [openCLIP("cond_stage_model.model.", "text_encoder", false)]
        case .stableDiffusionXL:
            [
                clip("conditioner.embedders.0.transformer."),
                openCLIP("conditioner.embedders.1.model.", "text_encoder_2", true),
            ]
        case .stableDiffusionXLRefiner: [openCLIP("conditioner.embedders.0.model.", "text_encoder_2", true)]
        }
    }

    /// Whether the denoiser is told pooled text and sizes.
    var isXL: Bool { self == .stableDiffusionXL || self == .stableDiffusionXLRefiner }

    /// Where the file has the denoiser; the first is what is written.
    static let unetPrefixes = ["model.diffusion_model.", "diffusion_model.", ""]
    /// Where the file has the autoencoder; the first is what is written.
    static let autoencoderPrefixes = ["first_stage_model.", "vae.", ""]

    /// The family of a denoiser of this shape beside text encoders under the names that `has` knows.
    ///
    /// Prefixes of the text encoders tell the families apart; where there are none, the denoiser does.
    init(_ layout: UNetLayout, hasTensorUnder: (String) -> Bool) {
        let families = Self.allCases.filter { family in
            family.textEncoders.allSatisfy { hasTensorUnder($0.prefix) }
                && family.isXL == (layout.additionWidth != nil)
        }
        if let family = families.first {
            self = family
        } else if let width = layout.additionWidth {
            // 1280 of pooled text and five or six sinusoids of 256.
            self = width == 1280 + 5 * 256 ? .stableDiffusionXLRefiner : .stableDiffusionXL
        } else {
            self = layout.hasLinearProjections ? .stableDiffusion2 : .stableDiffusion1
        }
    }

    /// Side of the latents that models of this family were trained on.
    func sampleSize(_ prediction: SingleFilePrediction) -> Int {
        switch self {
        case .stableDiffusion1: 64
        case .stableDiffusion2: prediction.type == .velocity ? 96 : 64
        case .stableDiffusionXL, .stableDiffusionXLRefiner: 128
        }
    }

    /// The pipeline that diffusers would run it with.
    func pipelineClass(isInpainting: Bool) -> String {
        switch self {
        case .stableDiffusion1, .stableDiffusion2:
            isInpainting ? "StableDiffusionInpaintPipeline" : "StableDiffusionPipeline"
        case .stableDiffusionXL: isInpainting ? "StableDiffusionXLInpaintPipeline" : "StableDiffusionXLPipeline"
        case .stableDiffusionXLRefiner: "StableDiffusionXLImg2ImgPipeline"
        }
    }
}
