import Daguerre
import DaguerreAdapters
import DaguerreImaging
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling
import DaguerreTensors

/// What all pictures of a run are made with, and how their files say so.
struct PictureMaking {
    let model: Model
    /// What each adapter is called.
    let adapters: [(name: String, use: AdapterUse)]
    /// How many of them, the last ones, were given as options and are not in the prompt.
    let optionCount: Int
    let edit: PictureEdit?
    /// The base names of the networks that read pictures, and that of the refiner.
    let controls: [String]
    let refiner: String?
    /// The base name of what shows pictures to see.
    let imagePrompt: String?

    /// What a picture's file says of how it was made, as AUTOMATIC1111's web UI words it.
    func infotext(of request: DiffusionRequest, _ asked: GenerationRequest) -> Infotext {
        var info = Infotext(prompt: prompt(request), negativePrompt: request.negativePrompt)
        func add(_ name: Infotext.Name, _ value: String?) {
            if let value { info.fields.append(.init(name, value)) }
        }
        add(.steps, "\(request.steps)")
        add(.sampler, request.sampler.samplerName.infotextName)
        add(.scheduleType, request.sampler.scheduleName?.infotextName)
        add(.guidance, plain(request.guidance))
        add(.seed, "\(request.seed)")
        add(.size, "\(request.width)x\(request.height)")
        add(.modelHash, String(model.digest.prefix(10)))
        add(.model, model.name)
        if let variation = request.variation {
            add(.variationSeed, "\(variation.seed)")
            add(.variationSeedStrength, plain(variation.strength))
        }
        add(.seedResizeFrom, request.seedSize.map { "\($0.width)x\($0.height)" })
        add(.denoisingStrength, (edit?.strength ?? request.hires?.strength).map(plain))
        addEdit(to: &info)
        add(.clipSkip, request.prompts.clipSkip.map { "\($0)" })
        if request.prompts.emphasis != .original { add(.emphasis, request.prompts.emphasis.infotextName) }
        addTiling(request.tiling, to: &info)
        addConditions(request.conditions, to: &info)
        if asked.initialLatents != nil { info.fields.append(.init(PictureRecipe.initialLatents, "True")) }
        if let imagePrompt { info.fields.append(.init(PictureRecipe.imagePrompt, imagePrompt)) }
        addHires(request, asked, to: &info)
        for (index, name) in controls.enumerated() where request.controls.indices.contains(index) {
            let use = request.controls[index]
            info.fields.append(
                .init(
                    Infotext.controlNetName(index),
                    parts: [
                        .init("Model", name), .init("Weight", plain(use.weight)),
                        .init("Guidance Start", plain(use.start)), .init("Guidance End", plain(use.end)),
                        .init("Control Mode", use.mode.rawValue),
                    ]))
        }
        if let refiner, request.refinerStart < 1 {
            add(.refiner, refiner)
            add(.refinerSwitch, plain(request.refinerStart))
        }
        if !adapters.isEmpty {
            let hashes = adapters.map { Infotext.Field($0.name, String($0.use.adapter.receipt.digest.prefix(12))) }
            info.fields.append(.init(Infotext.Name.loraHashes.rawValue, parts: hashes))
        }
        addFreshNoise(request.sampler.fresh, to: &info)
        if request.guidanceRescale > 0 { add(.guidanceRescale, plain(request.guidanceRescale)) }
        // The web UI's names of the same two generators: on a GPU's, it says NV for the one that runs anywhere.
        add(.randomSource, request.random == .philox ? "NV" : "CPU")
        add(.version, "daguerre \(Version.current)")
        return info
    }

    /// The prompt with a tag for each adapter that was given as an option, as the web UI would have been told of it.
    private func prompt(_ request: DiffusionRequest) -> String {
        let tags = adapters.suffix(optionCount).map { name, use in
            let (text, unet) = (plain(use.weights.textEncoder), plain(use.weights.unet))
            return text == unet ? "<lora:\(name):\(unet)>" : "<lora:\(name):\(text):\(unet)>"
        }
        return ([request.prompt] + tags).joined(separator: " ")
    }

    private func addTiling(_ axes: TilingAxes, to info: inout Infotext) {
        guard !axes.isEmpty else { return }
        guard axes != .both else { return info.fields.append(.init(.tiling, "True")) }
        let axis = axes == .horizontal ? TilingAxes.horizontalText : TilingAxes.verticalText
        info.fields.append(.init(TilingAxes.infotextName, axis))
    }

    /// What Stable Diffusion XL was told, where it is not what it is told by default.
    private func addConditions(_ conditions: PictureConditions, to info: inout Infotext) {
        let usual = PictureConditions()
        for (name, size) in [
            (PictureConditions.originalSizeName, conditions.originalSize),
            (PictureConditions.targetSizeName, conditions.targetSize),
        ] {
            if let size { info.fields.append(.init(name, "\(size.width)x\(size.height)")) }
        }
        if conditions.crop != usual.crop {
            info.fields.append(.init(PictureConditions.cropLeftName, "\(conditions.crop.width)"))
            info.fields.append(.init(PictureConditions.cropTopName, "\(conditions.crop.height)"))
        }
        for (name, score, preset) in [
            (PictureConditions.aestheticScoreName, conditions.aestheticScore, usual.aestheticScore),
            (
                PictureConditions.negativeAestheticScoreName, conditions.negativeAestheticScore,
                usual.negativeAestheticScore
            ),
        ] where score != preset {
            info.fields.append(.init(name, plain(score)))
        }
    }

    private func addEdit(to info: inout Infotext) {
        if let edit, edit.resizeMode != .stretch { info.fields.append(.init(.resizeMode, edit.resizeMode.rawValue)) }
        guard let edit, let mask = edit.mask else { return }
        info.fields += [
            .init(.maskBlur, plain(mask.blur)), .init(.maskedContent, mask.content.infotextName),
            .init(.inpaintArea, mask.padding == nil ? "Whole picture" : "Only masked"),
        ]
        if let padding = mask.padding { info.fields.append(.init(.maskedAreaPadding, "\(padding)")) }
    }

    private func addHires(_ request: DiffusionRequest, _ asked: GenerationRequest, to info: inout Infotext) {
        guard let hires = request.hires else { return }
        switch asked.hires?.size {
        case .scale(let scale): info.fields.append(.init(.hiresUpscale, plain(scale)))
        default: info.fields.append(.init(.hiresResize, "\(hires.size.width)x\(hires.size.height)"))
        }
        if edit != nil { info.fields.append(.init(PictureRecipe.hiresStrength, plain(hires.strength))) }
        if let steps = hires.steps { info.fields.append(.init(.hiresSteps, "\(steps)")) }
        if let upscaler = HiresUpscaler(hires.enlargement) {
            info.fields.append(.init(.hiresUpscaler, upscaler.infotextName))
        }
        if let sampler = hires.sampler {
            info.fields.append(.init(.hiresSampler, sampler.samplerName.infotextName))
            if let schedule = sampler.scheduleName {
                info.fields.append(.init(.hiresScheduleType, schedule.infotextName))
            }
        }
    }

    private func addFreshNoise(_ fresh: FreshNoise, to info: inout Infotext) {
        let usual = FreshNoise()
        if let eta = fresh.eta { info.fields.append(.init(.eta, plain(eta))) }
        for (name, value, preset) in [
            ("Sigma churn", fresh.churn, usual.churn), ("Sigma tmin", fresh.minimumSigma, usual.minimumSigma),
            ("Sigma tmax", fresh.maximumSigma, usual.maximumSigma), ("Sigma noise", fresh.scale, usual.scale),
        ] where value != preset {
            info.fields.append(.init(name, plain(value)))
        }
    }
}

/// `value` without a fraction of zero: `7`, `3.5`.
func plain(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
