import DaguerrePixels

extension JobRequest {
    /// The request, if it keeps to `limits` and makes sense, with samplers and schedules as `vocabulary` calls them.
    ///
    /// - Throws: ``RequestError`` naming the field and what it may be.
    public func validated(
        against limits: RequestLimits, vocabulary: EngineVocabulary
    ) throws(RequestError) -> JobRequest {
        let check = RequestCheck(limits: limits, vocabulary: vocabulary)
        var request = self
        try check.names(of: request)
        try check.drawing(request)
        try check.adapters(of: request)
        try check.pictures(of: request)
        try check.controls(of: request)
        try check.details(of: request)
        try check.canonicalise(&request.sampler, &request.schedule, "")
        if var hires = request.hires {
            try check.hires(&hires, of: request)
            request.hires = hires
        }
        return request
    }
}

/// One validation; every method throws for the first field that is wrong.
private struct RequestCheck {
    let limits: RequestLimits
    let vocabulary: EngineVocabulary

    func names(of request: JobRequest) throws(RequestError) {
        try name("model", request.model)
        try name("vae", request.vae)
        try name("refiner.model", request.refiner?.model)
        for (i, lora) in request.loras.enumerated() { try name("loras[\(i)].name", lora.name) }
        for (i, control) in request.controls.enumerated() { try name("controls[\(i)].model", control.model) }
        for (i, prompt) in request.imagePrompts.enumerated() {
            try name("image_prompts[\(i)].model", prompt.model)
            try name("image_prompts[\(i)].encoder", prompt.encoder)
        }
    }

    func drawing(_ request: JobRequest) throws(RequestError) {
        for (field, text) in [("prompt", request.prompt), ("negative_prompt", request.negativePrompt)] {
            try require(
                field, "\(text.utf8.count) bytes", "text of at most \(limits.promptBytes) bytes",
                text.utf8.count <= limits.promptBytes)
        }
        try number("count", request.count, 1...limits.count)
        try number("steps", request.steps, 1...limits.steps)
        try number("guidance_scale", request.guidanceScale, 0...limits.guidanceScale)
        try number("guidance_rescale", request.guidanceRescale, 0...1)
        try side("width", request.width)
        try side("height", request.height)
        try area("width", request.width, request.height)
        try choice("random", request.random, ["philox", "torch"])
        try number("clip_skip", request.clipSkip, 1...12)
        try choice("emphasis", request.emphasis, ["original", "no-norm", "ignore", "none"])
        try choice("tiling", request.tiling, ["both", "horizontal", "vertical"])
        try number("variation.strength", request.variation?.strength, 0...1)
        try side("seed_size.width", request.seedSize?.width)
        try side("seed_size.height", request.seedSize?.height)
        try number("refiner.start", request.refiner?.start, 0...1)
        try require("refiner.start", "0", "a number above 0", request.refiner?.start != 0)
    }

    func adapters(of request: JobRequest) throws(RequestError) {
        let named: [String]
        do { named = try vocabulary.networks(request.prompt) } catch { throw error.renamed("prompt") }
        let count = request.loras.count + named.count
        try require(
            "loras", "\(count), those of the prompt included,", "at most \(limits.loras)", count <= limits.loras)
        for (i, lora) in request.loras.enumerated() {
            try number("loras[\(i)].weight", lora.weight, -limits.loraWeight...limits.loraWeight)
            try number("loras[\(i)].text_weight", lora.textWeight, -limits.loraWeight...limits.loraWeight)
        }
    }

    func pictures(of request: JobRequest) throws(RequestError) {
        try number("image.strength", request.image?.strength, 0...1)
        if let mask = request.mask {
            try require("mask", "a mask", "possible without a picture to begin with, an image", request.image != nil)
            try require("hires", "a second pass", "possible beside a mask", request.hires == nil)
            try number("mask.blur", mask.blur, 0...limits.maskBlur)
            try number("mask.padding", mask.padding, 0...limits.maskPadding)
        }
        try require(
            "image_prompts", "\(request.imagePrompts.count)", "at most \(limits.imagePromptImages)",
            request.imagePrompts.count <= limits.imagePromptImages)
        let images = request.imagePrompts.reduce(0) { $0 + $1.images.count }
        try require(
            "image_prompts", "\(images) images", "at most \(limits.imagePromptImages)",
            images <= limits.imagePromptImages)
        for (i, prompt) in request.imagePrompts.enumerated() {
            try require("image_prompts[\(i)].images", "an empty list", "at least one", !prompt.images.isEmpty)
            try number("image_prompts[\(i)].scale", prompt.scale, 0...limits.imagePromptScale)
        }
    }

    func controls(of request: JobRequest) throws(RequestError) {
        try require(
            "controls", "\(request.controls.count)", "at most \(limits.controls)",
            request.controls.count <= limits.controls)
        for (i, control) in request.controls.enumerated() {
            let field = "controls[\(i)]."
            try require(
                field + "image", nil, "an upload, which it needs where there is no picture to begin with",
                control.image != nil || request.image != nil)
            try require(
                field + "mask", nil, "an upload, which inpaint_only needs",
                control.preprocessor != .inpaintOnly || control.mask != nil
                    || control.image == nil && request.mask != nil)
            try number(field + "weight", control.weight, 0...2)
            try number(field + "start", control.start, 0...1)
            try number(field + "end", control.end, 0...1)
            try require(
                field + "end", "\(control.end)", "above its start, \(control.start)", control.start < control.end)
            try choice(field + "mode", control.mode, ["balanced", "prompt", "control", "guess"])
            let settings = PreprocessorSettings(
                resolution: control.resolution, thresholdA: control.thresholdA, thresholdB: control.thresholdB)
            do {
                try control.preprocessor.validate(settings)
            } catch .preprocessorSetting(let setting, let value, let preprocessor, let expected) {
                let name = String(setting.map { $0 == " " ? "_" : $0 })
                throw RequestError(field + name, found: "\(value)", expected: "\(expected), as \(preprocessor) takes")
            } catch {
                throw RequestError(field + "preprocessor", found: control.preprocessor.rawValue, expected: "\(error)")
            }
        }
    }

    func details(of request: JobRequest) throws(RequestError) {
        if let noise = request.noise {
            try number("noise.eta", noise.eta, 0...100)
            try number("noise.s_churn", noise.churn, 0...100)
            try number("noise.s_tmin", noise.minimumSigma, 0...100_000)
            try number("noise.s_tmax", noise.maximumSigma, 0...100_000)
            try number("noise.s_noise", noise.scale, 0...100)
        }
        if let conditions = request.conditions {
            for (name, size) in [("original_size", conditions.originalSize), ("target_size", conditions.targetSize)] {
                try number("conditions.\(name).width", size?.width, 0...65536)
                try number("conditions.\(name).height", size?.height, 0...65536)
            }
            try number("conditions.crop_left", conditions.cropLeft, 0...65536)
            try number("conditions.crop_top", conditions.cropTop, 0...65536)
            try number("conditions.aesthetic_score", conditions.aestheticScore, 0...10)
            try number("conditions.negative_aesthetic_score", conditions.negativeAestheticScore, 0...10)
        }
        try number("output.quality", request.output.quality, 1...100)
    }

    func hires(_ hires: inout JobRequest.Hires, of request: JobRequest) throws(RequestError) {
        try number("hires.scale", hires.scale, 1...limits.hiresScale)
        try side("hires.width", hires.width)
        try side("hires.height", hires.height)
        try require(
            "hires", "one side", "possible without the other", (hires.width == nil) == (hires.height == nil))
        try require(
            "hires.scale", "a scale", "possible beside a size", hires.scale == nil || hires.width == nil)
        // A side that is left to the model is at most this one as far as it is known here.
        let usual = 1024
        func enlarged(_ side: Int?) -> Int { Int(Double(side ?? usual) * (hires.scale ?? 2)) / 8 * 8 }
        let width = hires.width ?? enlarged(request.width), height = hires.height ?? enlarged(request.height)
        try number("hires.width", width, limits.sides)
        try number("hires.height", height, limits.sides)
        try area("hires.width", width, height)
        try number("hires.steps", hires.steps, 1...limits.steps)
        try number("hires.strength", hires.strength, 0...1)
        if let upscaler = hires.upscaler {
            let all = vocabulary.latentUpscalers + vocabulary.pixelUpscalers
            guard let name = all.first(where: { $0.lowercased() == upscaler.lowercased() }) else {
                throw RequestError(
                    "hires.upscaler", found: quoted(upscaler), expected: "one of " + all.joined(separator: ", "))
            }
            hires.upscaler = name
        }
        try canonicalise(&hires.sampler, &hires.schedule, "hires.")
    }

    /// A schedule of its own says more than one behind the sampler's name.
    func canonicalise(_ sampler: inout String?, _ schedule: inout String?, _ prefix: String) throws(RequestError) {
        if let asked = sampler {
            do {
                let named = try vocabulary.sampler(asked)
                sampler = named.sampler
                schedule = schedule ?? named.schedule
            } catch {
                throw error.renamed(prefix + "sampler")
            }
        }
        if let asked = schedule {
            do { schedule = try vocabulary.schedule(asked) } catch { throw error.renamed(prefix + "schedule") }
        }
    }

    private func name(_ field: String, _ name: String?) throws(RequestError) {
        guard let name else { return }
        let isFit = 1...limits.nameBytes ~= name.utf8.count && name.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
        try require(field, quoted(name), "a name of 1 to \(limits.nameBytes) bytes in one line", isFit)
    }

    private func side(_ field: String, _ side: Int?) throws(RequestError) {
        guard let side else { return }
        try require(
            field, "\(side)", "a multiple of 8 from \(limits.sides.lowerBound) to \(limits.sides.upperBound)",
            limits.sides.contains(side) && side % 8 == 0)
    }

    /// Follows the sides, so that nothing overflows.
    private func area(_ field: String, _ width: Int?, _ height: Int?) throws(RequestError) {
        guard let width, let height else { return }
        try require(
            field, "\(width)×\(height)", "a size of at most \(limits.pixels) pixels",
            width <= limits.pixels / max(height, 1))
    }

    private func number<N: Comparable>(_ field: String, _ value: N?, _ range: ClosedRange<N>) throws(RequestError) {
        guard let value else { return }
        try require(
            field, "\(value)", "a number from \(range.lowerBound) to \(range.upperBound)", range.contains(value))
    }

    private func choice(_ field: String, _ value: String?, _ choices: [String]) throws(RequestError) {
        guard let value else { return }
        try require(field, quoted(value), "one of " + choices.joined(separator: ", "), choices.contains(value))
    }

    private func require(
        _ field: String, _ found: String?, _ expected: String, _ isValid: Bool
    ) throws(RequestError) {
        guard isValid else { throw RequestError(field, found: found, expected: expected) }
    }
}

extension RequestError {
    fileprivate func renamed(_ field: String) -> RequestError { RequestError(field, found: found, expected: expected) }
}
