extension Infotext {
    /// The names of settings that mean something here, spelled as the web UI spells them.
    ///
    /// Source: AUTOMATIC1111's web UI 1.10, as it documents and writes them; the last ones, and `CFG rescale`, are ours.
    public enum Name: String, Hashable, Sendable, CaseIterable {
        case steps = "Steps"
        case sampler = "Sampler"
        case scheduleType = "Schedule type"
        case guidance = "CFG scale"
        case guidanceRescale = "CFG rescale"
        case seed = "Seed"
        /// `WIDTHxHEIGHT`.
        case size = "Size"
        /// The first ten digits of the model's digest.
        case modelHash = "Model hash"
        case model = "Model"
        case vaeHash = "VAE hash"
        case vae = "VAE"
        /// The seed of what is mixed into the noise, and how much of it.
        case variationSeed = "Variation seed"
        case variationSeedStrength = "Variation seed strength"
        /// `WIDTHxHEIGHT` of the picture whose noise is cut or padded.
        case seedResizeFrom = "Seed resize from"
        /// How much of a given picture is drawn anew, from 0 to 1.
        case denoisingStrength = "Denoising strength"
        /// 1 is the text encoder's last layer.
        case clipSkip = "Clip skip"
        /// `CPU`, `GPU` or `NV`.
        case randomSource = "RNG"
        /// `True` where edges meet.
        case tiling = "Tiling"
        /// How weights of words are applied, where not in the usual way: `No norm`.
        case emphasis = "Emphasis"
        case eta = "Eta"
        case hiresUpscale = "Hires upscale"
        case hiresResize = "Hires resize"
        case hiresSteps = "Hires steps"
        case hiresUpscaler = "Hires upscaler"
        case hiresSampler = "Hires sampler"
        case hiresScheduleType = "Hires schedule type"
        case hiresGuidance = "Hires CFG Scale"
        case hiresPrompt = "Hires prompt"
        case hiresNegativePrompt = "Hires negative prompt"
        case maskBlur = "Mask blur"
        /// `Whole picture` or `Only masked`.
        case inpaintArea = "Inpaint area"
        case maskedAreaPadding = "Masked area padding"
        /// See `MaskedContent.infotextName`.
        case maskedContent = "Masked content"
        /// `Inpaint not masked` where the mask is turned round.
        case maskMode = "Mask mode"
        case resizeMode = "Resize mode"
        case initialImageHash = "Init image hash"
        case refiner = "Refiner"
        case refinerSwitch = "Refiner switch at"
        /// Several `name: digest`.
        case loraHashes = "Lora hashes"
        case embeddingHashes = "TI hashes"
        case version = "Version"
        /// How far a sampler goes back before a step, between which noise levels, and what its noise is multiplied by.
        case sigmaChurn = "Sigma churn"
        case sigmaMinimum = "Sigma tmin"
        case sigmaMaximum = "Sigma tmax"
        case sigmaNoise = "Sigma noise"
        /// `horizontal` or `vertical` where edges meet across one axis only.
        case tilingAxis = "Tiling axis"
        /// How much a second pass may change where ``denoisingStrength`` is said of the picture to begin with.
        case hiresStrength = "Hires strength"
        /// `True` where given latents took the place of the seed's noise.
        case initialLatents = "Initial latents"
        /// Who showed pictures beside the prompt.
        case imagePrompt = "IP-Adapter"
        /// What Stable Diffusion XL was told of the picture.
        case originalSize = "Original size"
        case targetSize = "Target size"
        case cropLeft = "Crop left"
        case cropTop = "Crop top"
        case aestheticScore = "Aesthetic score"
        case negativeAestheticScore = "Negative aesthetic score"
    }

    /// The value of the setting `name`, the last if there are several.
    public subscript(name: Name) -> String? { self[name.rawValue] }

    /// The name of the settings of the ControlNet at `index`, which are several `name: value` in one.
    public static func controlNetName(_ index: Int) -> String { "ControlNet \(index)" }
}

extension Infotext.Field {
    /// Makes a setting of those that mean something here.
    public init(_ name: Infotext.Name, _ value: String) { self.init(name.rawValue, value) }

    /// Makes a setting whose value is several settings in one: `Lora hashes: "a: 1234, b: 5678"`.
    public init(_ name: String, parts: [Infotext.Field]) {
        self.init(name, parts.map { "\($0.name): \($0.value)" }.joined(separator: ", "))
    }
}
