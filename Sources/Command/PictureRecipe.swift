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
    let edit: PictureEdit.Settings
    /// The first digits of each LoRA's digest, by its name.
    let loraHashes: [String: String]
    /// Settings that change the picture and that are not followed, since nothing here does what they say.
    let ignored: [String]
    /// The first digits of the model's digest.
    let modelHash: String?
    /// Whether this program drew it.
    let isOurs: Bool

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
        random = RandomSource(info)
        fresh = try FreshNoise(info)
        clipSkip = try info.integer(.clipSkip, in: 1...64)
        emphasis = PromptOptions.Emphasis(info)
        variation = try info.number(.variationSeedStrength, in: 0...1).flatMap { strength in
            try info.integer(.variationSeed).map { SeedVariation(seed: $0, strength: strength) }
        }
        seedSize = try info.size(.seedResizeFrom).map(PixelSize.init(width:height:))
        hires = try HiresRequest(info)
        refinerSwitch = try info.number(.refinerSwitch, in: 0...1)
        tiling = try TilingAxes(info)
        conditions = try PictureConditions(info)
        modelHash = info[.modelHash]
        isOurs = info.isOurs
        let beganWithPicture = info[.denoisingStrength] != nil && (hires == nil || info[.hiresStrength] != nil)
        edit = try PictureEdit.Settings(info)
        let hashes = info.parts(of: Infotext.Name.loraHashes.rawValue).fields.map { ($0.name, $0.value) }
        loraHashes = Dictionary(hashes) { first, _ in first }
        ignored = info.fields.map(\.name).filter(Self.unsupported.contains)
        let needs: [(option: String, isNeeded: Bool)] = [
            ("--image", beganWithPicture), ("--mask or --outpaint", info[.inpaintArea] != nil),
            ("--controlnet", info.fields.contains { $0.name.hasPrefix("ControlNet ") }),
            ("--ip-adapter", info[.imagePrompt] != nil), ("--refiner", info[.refiner] != nil),
            ("--initial-latents", info[.initialLatents] != nil),
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

    /// - Parameter given: those of the options that name files which are given, as this type words them.
    /// - Throws: ``CommandFailure/recipeNeedsFile(name:option:)`` for one that the picture was made of and that is not.
    func requireFiles(given: Set<String>) throws {
        guard let option = neededOptions.first(where: { !given.contains($0) }) else { return }
        throw CommandFailure.recipeNeedsFile(name: name, option: option)
    }
}
