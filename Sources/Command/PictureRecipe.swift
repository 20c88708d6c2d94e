import Daguerre
import DaguerreImaging
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling
import DaguerreTensors

/// How a picture was drawn, as its file says: what `--from` follows.
struct PictureRecipe {
    let prompt, negativePrompt: String
    let seed: UInt64?
    let steps: Int?
    let guidance, guidanceRescale: Double?
    let size: PixelSize?
    let sampler, schedule: String?
    let random: RandomSource?
    let fresh: FreshNoise?
    let clipSkip: Int?
    let emphasis: PromptOptions.Emphasis?
    let variation: SeedVariation?
    let seedSize: PixelSize?
    let hires: HiresRequest?
    let refinerSwitch: Double?
    let tiling: TilingAxes?
    let conditions: PictureConditions
    /// How the picture that it began with was used.
    let edit: Edit
    /// The first digits of each LoRA's digest, by its name.
    let loraHashes: [String: String]
    /// Settings that change the picture and that are not followed, since nothing here does what they say.
    let ignored: [String]
    /// The first digits of the model's digest.
    let modelHash: String?
    /// Whether this program drew it.
    let isOurs: Bool

    /// How a picture to begin with is used; nil where the text does not say.
    struct Edit {
        let strength: Double?
        let resizeMode: ResizeMode?
        let maskBlur: Double?
        let maskContent: MaskedContent?
        /// Pixels around the mask that were drawn with it, where only the masked part was drawn.
        let padding: Int?
    }

    private let name: String
    /// The options that name files which the picture was made of and its text cannot hold.
    private let neededOptions: [String]

    /// Reads the text of the picture at `path`.
    ///
    /// - Throws: ``CommandFailure/noInfotext(name:)``; `ImagingError` naming a setting that cannot be read;
    ///   `SamplingError` for a sampler that is not known.
    init(_ path: String) throws {
        name = baseName(path)
        guard let text = try ImageFile.read(path).infotext else { throw CommandFailure.noInfotext(name: name) }
        let info = Infotext(parsing: text)
        prompt = info.prompt
        negativePrompt = info.negativePrompt
        seed = try info.integer(.seed)
        steps = try info.integer(.steps, in: 1...1000)
        guidance = try info.number(.guidance, in: 0...1000)
        guidanceRescale = try info.number(.guidanceRescale, in: 0...1)
        size = try info.size(.size).map(PixelSize.init(width:height:))
        sampler = info[.sampler]
        schedule = info[.scheduleType]
        if let sampler { _ = try SamplerName.parse(sampler) }
        if let schedule { _ = try ScheduleName.parse(schedule) }
        random =
            switch info[.randomSource] {
            case "CPU": .torch
            case nil where info[.version]?.hasPrefix("daguerre") != true: nil
            default: .philox
            }
        fresh = try FreshNoise(info)
        clipSkip = try info.integer(.clipSkip, in: 1...64)
        emphasis = info[.emphasis].flatMap { name in
            PromptOptions.Emphasis.allCases.first { $0.infotextName.lowercased() == name.lowercased() }
        }
        variation = try info.number(.variationSeedStrength, in: 0...1).flatMap { strength in
            try info.integer(.variationSeed).map { SeedVariation(seed: $0, strength: strength) }
        }
        seedSize = try info.size(.seedResizeFrom).map(PixelSize.init(width:height:))
        hires = try HiresRequest(info)
        refinerSwitch = try info.number(.refinerSwitch, in: 0...1)
        tiling = try TilingAxes(info)
        conditions = try PictureConditions(info)
        modelHash = info[.modelHash]
        isOurs = info[.version]?.hasPrefix("daguerre") == true
        let beganWithPicture = info[.denoisingStrength] != nil && (hires == nil || info[Self.hiresStrength] != nil)
        edit = try Edit(info)
        let hashes = info.parts(of: Infotext.Name.loraHashes.rawValue).fields.map { ($0.name, $0.value) }
        loraHashes = Dictionary(hashes) { first, _ in first }
        ignored = info.fields.map(\.name).filter(Self.unsupported.contains)
        let needs: [(option: String, isNeeded: Bool)] = [
            ("--image", beganWithPicture), ("--mask or --outpaint", info[.inpaintArea] != nil),
            ("--controlnet", info.fields.contains { $0.name.hasPrefix("ControlNet ") }),
            ("--ip-adapter", info[Self.imagePrompt] != nil), ("--refiner", info[.refiner] != nil),
            ("--initial-latents", info[Self.initialLatents] != nil),
        ]
        neededOptions = needs.filter { $0.isNeeded }.map { $0.option }
    }

    /// The web UI's settings that change a picture and have no counterpart here.
    private static let unsupported = Set(
        [Infotext.Name.hiresPrompt, .hiresNegativePrompt, .hiresGuidance, .embeddingHashes, .vae, .vaeHash].map(
            \.rawValue)
            + [
                "ENSD", "Schedule max sigma", "Schedule min sigma", "SGM noise multiplier", "NGMS",
                "Token merging ratio", "Token merging ratio hr", "Hypernet", "Face restoration",
            ])

    /// Settings that the web UI does not have: the second pass's strength where the first begins with a picture, what
    /// began in place of the seed's noise, and who showed pictures.
    static let hiresStrength = "Hires strength", initialLatents = "Initial latents", imagePrompt = "IP-Adapter"

    /// - Parameter given: those of the options that name files which are given, as this type words them.
    /// - Throws: ``CommandFailure/recipeNeedsFile(name:option:)`` for one that the picture was made of and that is not.
    func requireFiles(given: Set<String>) throws {
        guard let option = neededOptions.first(where: { !given.contains($0) }) else { return }
        throw CommandFailure.recipeNeedsFile(name: name, option: option)
    }
}

extension PictureRecipe.Edit {
    /// The web UI's, in pixels.
    private static let usualPadding = 32

    fileprivate init(_ info: Infotext) throws {
        strength = try info.number(.denoisingStrength, in: 0...1)
        resizeMode = try info[.resizeMode].map(ResizeMode.parse)
        maskBlur = try info.number(.maskBlur, in: 0...64)
        maskContent = try info[.maskedContent].map(MaskedContent.parse)
        let written: Int? = try info.integer(.maskedAreaPadding, in: 0...4096)
        padding = info[.inpaintArea] == "Only masked" ? written ?? Self.usualPadding : nil
    }
}

extension TilingAxes {
    /// The name of a setting that the web UI, which knows both axes only, does not have, and its values.
    static let infotextName = "Tiling axis", horizontalText = "horizontal", verticalText = "vertical"

    /// What a picture's text says of seams; nil if nothing.
    fileprivate init?(_ info: Infotext) throws {
        let axis = info[Self.infotextName]
        if axis == Self.horizontalText {
            self = .horizontal
        } else if axis == Self.verticalText {
            self = .vertical
        } else {
            guard let isBoth = try info.flag(.tiling) else { return nil }
            self = isBoth ? .both : []
        }
    }
}

extension PictureConditions {
    /// The names of settings that the web UI does not have.
    static let originalSizeName = "Original size", targetSizeName = "Target size", cropLeftName = "Crop left",
        cropTopName = "Crop top", aestheticScoreName = "Aesthetic score",
        negativeAestheticScoreName = "Negative aesthetic score"

    /// What a picture's text says that Stable Diffusion XL was told of it.
    fileprivate init(_ info: Infotext) throws {
        self.init()
        originalSize = try info.size(Self.originalSizeName).map(PixelSize.init(width:height:))
        targetSize = try info.size(Self.targetSizeName).map(PixelSize.init(width:height:))
        crop = PixelSize(
            width: try info.integer(Self.cropLeftName, in: 0...65536) ?? crop.width,
            height: try info.integer(Self.cropTopName, in: 0...65536) ?? crop.height)
        aestheticScore = try info.number(Self.aestheticScoreName, in: 0...100) ?? aestheticScore
        negativeAestheticScore =
            try info.number(Self.negativeAestheticScoreName, in: 0...100) ?? negativeAestheticScore
    }
}

extension HiresRequest {
    /// What a picture's text says of a second pass; nil if there was none.
    fileprivate init?(_ info: Infotext) throws {
        let size = try info.size(.hiresResize).map { Size.pixels(PixelSize(width: $0.width, height: $0.height)) }
        guard let size = try size ?? info.number(.hiresUpscale, in: 1...16).map(Size.scale) else { return nil }
        self.init(size)
        if let name = info[.hiresUpscaler] {
            guard let upscaler = HiresUpscaler(infotextName: name) else {
                throw CommandFailure.unknownUpscaler(
                    name: name, known: HiresUpscaler.allCases.map(\.infotextName))
            }
            enlargement = upscaler.enlargement
        }
        steps = try info.integer(.hiresSteps, in: 0...1000).flatMap { $0 > 0 ? $0 : nil }
        let strength = try info.number(PictureRecipe.hiresStrength, in: 0...1)
        if let strength = try strength ?? info.number(.denoisingStrength, in: 0...1) { self.strength = strength }
        sampler = info[.hiresSampler]
        schedule = info[.hiresScheduleType]
    }
}

extension FreshNoise {
    /// What a picture's text says of fresh noise; nil if nothing.
    fileprivate init?(_ info: Infotext) throws {
        let eta = try info.number(.eta)
        let churn = try info.number("Sigma churn")
        let scale = try info.number("Sigma noise")
        let (minimum, maximum) = (try info.number("Sigma tmin"), try info.number("Sigma tmax"))
        guard eta != nil || churn != nil || scale != nil || minimum != nil || maximum != nil else { return nil }
        self.init()
        self.eta = eta
        self.churn = churn ?? self.churn
        self.scale = scale ?? self.scale
        minimumSigma = minimum ?? minimumSigma
        maximumSigma = maximum ?? maximumSigma
    }
}

extension PromptOptions.Emphasis {
    /// AUTOMATIC1111's name, as it writes it into pictures.
    var infotextName: String {
        switch self {
        case .original: "Original"
        case .noNorm: "No norm"
        case .ignore: "Ignore"
        case .none: "None"
        }
    }
}
