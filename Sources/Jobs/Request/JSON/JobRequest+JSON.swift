/// Lists longer than this are not read; ``RequestLimits`` has the limits that operators set.
private let mostElements = 256

extension JobRequest {
    /// How JSON spells the fields.
    enum CodingKeys: String, CodingKey {
        case model, vae, prompt
        case negativePrompt = "negative_prompt"
        case seed, count, steps
        case guidanceScale = "guidance_scale"
        case guidanceRescale = "guidance_rescale"
        case width, height, sampler, schedule, random
        case clipSkip = "clip_skip"
        case emphasis, variation
        case seedSize = "seed_size"
        case tiling, loras, image, mask, controls
        case imagePrompts = "image_prompts"
        case hires, refiner, noise, conditions, output, previews
    }

    /// Reads the fields; all but the prompt have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(try fields.required(.prompt))
        try fields.read(.model, into: &model)
        try fields.read(.vae, into: &vae)
        try fields.read(.negativePrompt, into: &negativePrompt)
        try fields.read(.seed, into: &seed)
        try fields.read(.count, into: &count)
        try fields.read(.steps, into: &steps)
        try fields.read(.guidanceScale, into: &guidanceScale)
        try fields.read(.guidanceRescale, into: &guidanceRescale)
        try fields.read(.width, into: &width)
        try fields.read(.height, into: &height)
        try fields.read(.sampler, into: &sampler)
        try fields.read(.schedule, into: &schedule)
        try fields.read(.random, into: &random)
        try fields.read(.clipSkip, into: &clipSkip)
        try fields.read(.emphasis, into: &emphasis)
        try fields.read(.variation, into: &variation)
        try fields.read(.seedSize, into: &seedSize)
        try fields.read(.tiling, into: &tiling)
        try fields.read(.loras, into: &loras, atMost: mostElements)
        try fields.read(.image, into: &image)
        try fields.read(.mask, into: &mask)
        try fields.read(.controls, into: &controls, atMost: mostElements)
        try fields.read(.imagePrompts, into: &imagePrompts, atMost: mostElements)
        try fields.read(.hires, into: &hires)
        try fields.read(.refiner, into: &refiner)
        try fields.read(.noise, into: &noise)
        try fields.read(.conditions, into: &conditions)
        try fields.read(.output, into: &output)
        try fields.read(.previews, into: &previews)
    }
}

extension JobRequest.Size {
    enum CodingKeys: String, CodingKey { case width, height }

    /// Reads the fields, both of which are needed.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(width: try fields.required(.width), height: try fields.required(.height))
    }
}

extension JobRequest.Variation {
    enum CodingKeys: String, CodingKey { case seed, strength }

    /// Reads the fields, both of which are needed.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(seed: try fields.required(.seed), strength: try fields.required(.strength))
    }
}

extension JobRequest.LoRA {
    enum CodingKeys: String, CodingKey {
        case name, weight
        case textWeight = "text_weight"
    }

    /// Reads the fields; all but the name have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(name: try fields.required(.name))
        try fields.read(.weight, into: &weight)
        try fields.read(.textWeight, into: &textWeight)
    }
}

extension JobRequest.StartImage {
    enum CodingKeys: String, CodingKey {
        case upload, strength
        case resizeMode = "resize_mode"
    }

    /// Reads the fields; all but the upload have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(try fields.required(.upload))
        try fields.read(.strength, into: &strength)
        try fields.read(.resizeMode, into: &resizeMode)
    }
}

extension JobRequest.Mask {
    enum CodingKeys: String, CodingKey {
        case upload
        case isInverted = "invert"
        case blur, content, padding
    }

    /// Reads the fields; all but the upload have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(try fields.required(.upload))
        try fields.read(.isInverted, into: &isInverted)
        try fields.read(.blur, into: &blur)
        try fields.read(.content, into: &content)
        try fields.read(.padding, into: &padding)
    }
}

extension JobRequest.Control {
    enum CodingKeys: String, CodingKey {
        case model, image, mask, preprocessor, resolution
        case thresholdA = "threshold_a"
        case thresholdB = "threshold_b"
        case resizeMode = "resize_mode"
        case weight, start, end, mode
        case returnsMap = "returns_map"
    }

    /// Reads the fields; all but the model have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(model: try fields.required(.model))
        try fields.read(.image, into: &image)
        try fields.read(.mask, into: &mask)
        try fields.read(.preprocessor, into: &preprocessor)
        try fields.read(.resolution, into: &resolution)
        try fields.read(.thresholdA, into: &thresholdA)
        try fields.read(.thresholdB, into: &thresholdB)
        try fields.read(.resizeMode, into: &resizeMode)
        try fields.read(.weight, into: &weight)
        try fields.read(.start, into: &start)
        try fields.read(.end, into: &end)
        try fields.read(.mode, into: &mode)
        try fields.read(.returnsMap, into: &returnsMap)
    }
}

extension JobRequest.ImagePrompt {
    enum CodingKeys: String, CodingKey { case model, encoder, images, scale }

    /// Reads the fields; all but the scale are needed.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(
            model: try fields.required(.model), encoder: try fields.required(.encoder),
            images: try fields.required(.images, atMost: mostElements))
        try fields.read(.scale, into: &scale)
    }
}

extension JobRequest.Hires {
    enum CodingKeys: String, CodingKey { case scale, width, height, upscaler, steps, strength, sampler, schedule }

    /// Reads the fields, all of which have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init()
        try fields.read(.scale, into: &scale)
        try fields.read(.width, into: &width)
        try fields.read(.height, into: &height)
        try fields.read(.upscaler, into: &upscaler)
        try fields.read(.steps, into: &steps)
        try fields.read(.strength, into: &strength)
        try fields.read(.sampler, into: &sampler)
        try fields.read(.schedule, into: &schedule)
    }
}

extension JobRequest.Refiner {
    enum CodingKeys: String, CodingKey { case model, start }

    /// Reads the fields; all but the model have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init(model: try fields.required(.model))
        try fields.read(.start, into: &start)
    }
}

extension JobRequest.Noise {
    enum CodingKeys: String, CodingKey {
        case eta
        case churn = "s_churn"
        case minimumSigma = "s_tmin"
        case maximumSigma = "s_tmax"
        case scale = "s_noise"
    }

    /// Reads the fields, all of which have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init()
        try fields.read(.eta, into: &eta)
        try fields.read(.churn, into: &churn)
        try fields.read(.minimumSigma, into: &minimumSigma)
        try fields.read(.maximumSigma, into: &maximumSigma)
        try fields.read(.scale, into: &scale)
    }
}

extension JobRequest.Conditions {
    enum CodingKeys: String, CodingKey {
        case originalSize = "original_size"
        case targetSize = "target_size"
        case cropLeft = "crop_left"
        case cropTop = "crop_top"
        case aestheticScore = "aesthetic_score"
        case negativeAestheticScore = "negative_aesthetic_score"
    }

    /// Reads the fields, all of which have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init()
        try fields.read(.originalSize, into: &originalSize)
        try fields.read(.targetSize, into: &targetSize)
        try fields.read(.cropLeft, into: &cropLeft)
        try fields.read(.cropTop, into: &cropTop)
        try fields.read(.aestheticScore, into: &aestheticScore)
        try fields.read(.negativeAestheticScore, into: &negativeAestheticScore)
    }
}

extension JobRequest.Output {
    enum CodingKeys: String, CodingKey { case format, quality }

    /// Reads the fields, all of which have defaults.
    public init(from decoder: any Decoder) throws {
        let fields = try RequestFields(decoder, keyedBy: CodingKeys.self)
        self.init()
        try fields.read(.format, into: &format)
        try fields.read(.quality, into: &quality)
    }
}
