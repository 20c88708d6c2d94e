import DaguerreAdapters
public import DaguerreImaging
public import DaguerrePipelines
import DaguerreSampling

/// What a request's pictures are made with beside the request itself, and how their files say so.
public struct PictureMaking: Sendable {
    /// The model's name, and SHA-256 of what it was loaded from.
    private let model, digest: String
    private let refiner: String?
    /// What each of the request's adapters is called, in its order.
    private let adapterNames: [String]
    /// How many of them, the last ones, the prompt does not name.
    private let unnamedCount: Int

    /// Names what a file is to name: `adapterNames` are those of the request's adapters in its order, of which the last
    /// `unnamedCount` have no tag in the prompt.
    public init(_ model: Model, adapterNames: [String] = [], unnamedCount: Int = 0) {
        self.model = model.name
        digest = model.digest
        refiner = model.refinerName
        self.adapterNames = adapterNames
        self.unnamedCount = unnamedCount
    }

    /// What the file of picture `index` says of how it was made, as AUTOMATIC1111's web UI words it.
    ///
    /// `request` is what the model made of what was `asked`; see ``GenerationResult/request``.
    public func infotext(of request: DiffusionRequest, _ asked: GenerationRequest, picture index: Int = 0) -> Infotext {
        var info = Infotext(prompt: prompt(request), negativePrompt: request.negativePrompt)
        func add(_ name: Infotext.Name, _ value: String?) {
            if let value { info.fields.append(.init(name, value)) }
        }
        add(.steps, "\(request.steps)")
        add(.sampler, request.sampler.samplerName.infotextName)
        add(.scheduleType, request.sampler.scheduleName?.infotextName)
        add(.guidance, plain(request.guidance))
        add(.seed, "\(request.seed(of: index))")
        add(.size, "\(request.width)x\(request.height)")
        add(.modelHash, String(digest.prefix(10)))
        add(.model, model)
        if let variation = request.variation {
            add(.variationSeed, "\(variation.seed &+ UInt64(index))")
            add(.variationSeedStrength, plain(variation.strength))
        }
        add(.seedResizeFrom, request.seedSize.map { "\($0.width)x\($0.height)" })
        add(.denoisingStrength, (asked.edit?.strength ?? request.hires?.strength).map(plain))
        info.fields += asked.edit?.infotextFields ?? []
        add(.clipSkip, request.prompts.clipSkip.map { "\($0)" })
        if request.prompts.emphasis != .original { add(.emphasis, request.prompts.emphasis.infotextName) }
        info.fields += request.tiling.infotextFields
        info.fields += request.conditions.infotextFields
        if asked.initialLatents != nil { add(.initialLatents, "True") }
        add(.imagePrompt, asked.imagePrompts.first?.model.name)
        if let hires = request.hires {
            info.fields += asked.hires?.infotextFields(of: hires, afterPicture: asked.edit != nil) ?? []
        }
        info.fields += asked.controls.enumerated().map { $1.infotextField($0) }
        if let refiner, request.refinerStart < 1 {
            add(.refiner, refiner)
            add(.refinerSwitch, plain(request.refinerStart))
        }
        if !request.adapters.isEmpty {
            let hashes = zip(adapterNames, request.adapters).map { name, use in
                Infotext.Field(name, String(use.adapter.receipt.digest.prefix(12)))
            }
            info.fields.append(.init(Infotext.Name.loraHashes.rawValue, parts: hashes))
        }
        info.fields += request.sampler.fresh.infotextFields
        if request.guidanceRescale > 0 { add(.guidanceRescale, plain(request.guidanceRescale)) }
        add(.randomSource, request.random.infotextName)
        add(.version, "\(Infotext.program) \(DaguerreVersion.current)")
        return info
    }

    /// The prompt with a tag for each adapter that it does not name, as the web UI would have been told of it.
    private func prompt(_ request: DiffusionRequest) -> String {
        let tags = zip(adapterNames, request.adapters).suffix(unnamedCount).map { name, use in
            let (text, unet) = (plain(use.weights.textEncoder), plain(use.weights.unet))
            return text == unet ? "<lora:\(name):\(unet)>" : "<lora:\(name):\(text):\(unet)>"
        }
        return ([request.prompt] + tags).joined(separator: " ")
    }
}
