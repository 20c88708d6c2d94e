import Daguerre
import DaguerreImaging
import DaguerrePipelines
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
    /// The first digits of the model's digest.
    let modelHash: String?

    private let name: String
    /// Files that the picture was made of, which its text cannot hold.
    private let beganWithPicture, followedPictures: Bool

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
        tiling = try info.flag(.tiling).map { $0 ? .both : [] }
        modelHash = info[.modelHash]
        beganWithPicture = hires == nil && info[.denoisingStrength] != nil
        followedPictures = info.fields.contains { $0.name.hasPrefix("ControlNet ") }
    }

    /// - Throws: ``CommandFailure/recipeNeedsFile(name:option:)`` where the picture began with another that is not given.
    func requireFiles(hasEdit: Bool) throws {
        if beganWithPicture, !hasEdit { throw CommandFailure.recipeNeedsFile(name: name, option: "--image") }
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
        if let strength = try info.number(.denoisingStrength, in: 0...1) { self.strength = strength }
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
