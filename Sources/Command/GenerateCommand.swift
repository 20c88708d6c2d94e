import ArgumentParser
import Daguerre
import DaguerreAdapters
import DaguerreImaging
import DaguerreModels
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors

/// `daguerre generate`: draws pictures of a prompt.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Draw pictures of a prompt.",
        discussion: """
            Writes PNG, JPEG or WebP files and prints their paths, one a line. What is not given is the model's own: size, \
            steps and guidance of its daguerre.json, sampler and schedule of its scheduler_config.json. Prompts have the \
            syntax of AUTOMATIC1111's web UI: see daguerre prompt --help.

            EXAMPLES
              daguerre generate "a purple cat"
              daguerre generate "a dog on a blue background" --seed 7 --count 4
              daguerre generate "a castle" --model ~/sd15 --sampler "DPM++ 2M Karras"
              daguerre generate "a castle, <lora:ink:0.8>" --model ~/sd15.safetensors --lora-folder ~/loras
              daguerre generate "a dog" --image cat.png --strength 0.6
              daguerre generate "a red hat" --image cat.png --mask hat.png --only-masked 32
              daguerre generate "a hall" --model ~/sd15 --controlnet ~/canny --control-image hall.jpg --preprocessor canny
              daguerre generate "a fox" --model ~/sdxl --refiner ~/refiner --refiner-switch 0.8
              daguerre generate "a lake" --hires-scale 2 --hires-upscaler lanczos --hires-strength 0.5
              daguerre generate --from a-purple-cat-7.png
              daguerre generate "a star" --json | jq .timings
            """)

    @Argument(help: "What to draw.")
    var prompt: String?

    @Option(
        help: ArgumentHelp("Draw as this picture was drawn; other options change what they name.", valueName: "file"))
    var from: String?

    @OptionGroup(title: "Model") var model: ModelOption
    @OptionGroup(title: "Picture") var picture: PictureArguments
    @OptionGroup(title: "Sampling") var sampling: SamplingArguments
    @OptionGroup(title: "Prompt") var text: TextArguments
    @OptionGroup(title: "Adapters") var adapters: AdapterArguments
    @OptionGroup(title: "Textual inversions") var embeddings: EmbeddingArguments
    @OptionGroup(title: "Picture to begin with") var editing: EditArguments
    @OptionGroup(title: "Pictures to follow") var controls: ControlArguments
    @OptionGroup(title: "Pictures to see") var imagePrompt: ImagePromptArguments
    @OptionGroup(title: "Second, larger pass") var hires: HiresArguments
    @OptionGroup(title: "Stable Diffusion XL") var extraLarge: ExtraLargeArguments
    @OptionGroup(title: "Variations") var seeds: SeedArguments
    @OptionGroup(title: "Safety") var safety: SafetyArguments
    @OptionGroup(title: "Output") var output: OutputArguments
    @OptionGroup(title: "Engine") var engine: EngineArguments

    func validate() throws {
        if prompt == nil, from == nil { throw ValidationError("there is no prompt; say what to draw") }
    }

    func run() async throws {
        let names = try OutputNames(output.output)
        try names.check()
        let latents = try LatentsFiles(input: output.initialLatents, output: output.latentsOutput)
        // What is cheap first: a misspelt sampler or a missing picture should not wait for the model.
        for sampler in [sampling.sampler, hires.hiresSampler].compactMap(\.self) { _ = try SamplerName.parse(sampler) }
        if let schedule = sampling.schedule { _ = try ScheduleName.parse(schedule) }
        let recipe = try from.map(PictureRecipe.init)
        var request = try request(recipe, latents)
        request.edit = try editing.edit(as: recipe?.edit)
        try recipe?.requireFiles(given: givenFiles)
        request.promptOptions.embeddings = try embeddings.library()
        let chosen = try adapters.choices(for: request.prompt)
        let units = try controls.units()
        let pictures = try imagePrompt.images()

        let clock = ContinuousClock()
        let start = clock.now
        let display = ProgressDisplay(isQuiet: output.json, imageCount: request.count)
        display.show("loading \(baseName(model.model))")
        let loaded: Model
        let tally: GenerationTally
        do {
            defer { display.clear() }
            var options = engine.options
            options.refiner = extraLarge.refiner
            options.safetyChecker = safety.choice
            loaded = try await model.load(options)
            for choice in chosen {
                let (adapter, bundled) = try await loaded.adapter(at: choice.path, strict: adapters.strict)
                request.adapters.append(AdapterUse(adapter, weights: choice.weights))
                for (name, embedding) in bundled { request.promptOptions.embeddings.add(embedding, as: name) }
            }
            for unit in units { request.controls.append(unit.request(try await loaded.control(at: unit.path))) }
            if let path = imagePrompt.ipAdapter, let encoder = imagePrompt.imageEncoder {
                var seen = ImagePromptRequest(
                    try await loaded.imagePrompt(at: path, encoder: encoder), images: pictures)
                seen.scale = .uniform(imagePrompt.ipAdapterScale)
                request.imagePrompts = [seen]
            }
            let made = PictureMaking(
                loaded, adapterNames: chosen.map(\.name), unnamedCount: chosen.count { !$0.isInPrompt })
            tally = try await draw(request, loaded, made, to: names, keepsLatents: latents.output != nil, display)
        }
        if latents.output != nil { try latents.write(tally.allLatents) }
        var warnings = tally.warnings
        for use in request.adapters where !use.adapter.receipt.unmatched.isEmpty {
            let receipt = use.adapter.receipt
            warnings.append(
                "\(receipt.file): \(receipt.unmatched.count) keys name no layer of the model, such as "
                    + "\(receipt.unmatched[0]); --strict refuses such a file")
        }
        if let recipe, !recipe.ignored.isEmpty {
            warnings.append(
                "the picture's settings \(recipe.ignored.joined(separator: ", ")) are not followed; this may be another picture"
            )
        }
        for (choice, use) in zip(chosen, request.adapters) {
            guard let expected = recipe?.loraHashes[choice.name] else { continue }
            let digest = use.adapter.receipt.digest
            // The web UI's own hashes are of the tensors alone.
            guard recipe?.isOurs == true, !digest.hasPrefix(expected) else { continue }
            warnings.append(
                "the LoRA \(choice.name) is another than the picture's: its hash is \(digest.prefix(12)), not \(expected)"
            )
        }
        if let expected = recipe?.modelHash, !loaded.digest.hasPrefix(expected) {
            warnings.append(
                "the picture was drawn with another model: its hash is \(expected), not \(loaded.digest.prefix(10))")
        }
        for warning in warnings { Terminal.error.write("daguerre: warning: \(singleLine(warning))\n") }
        if let hint = UnknownWords.hint(request.prompt, vocabulary: loaded.defaults.vocabulary, model: model.model) {
            Terminal.error.write("daguerre: hint: \(hint)\n")
        }
        let report = GenerationReport(
            tally, of: loaded, adapters: request.adapters.map(\.adapter.receipt), warnings: warnings,
            latentsFile: latents.output, total: clock.now - start)
        if output.json {
            try Terminal.output.print(jsonText(report) + "\n")
        } else {
            Terminal.error.write(report.summary + "\n")
        }
    }

    /// Draws one picture after another and writes each as soon as it is there: memory does not grow with their number,
    /// and what is drawn stays if the run is ended.
    private func draw(
        _ request: GenerationRequest, _ model: Model, _ made: PictureMaking, to names: OutputNames, keepsLatents: Bool,
        _ display: ProgressDisplay
    ) async throws -> GenerationTally {
        var tally = GenerationTally(try model.resolve(request), warnings: model.warnings)
        for index in 0..<request.count {
            try Task.checkCancellation()
            var single = request
            single.count = 1
            // A variation of no strength is none.
            if (request.variation?.strength ?? 0) == 0 { single.seed = request.seed &+ UInt64(index) }
            single.variation?.seed &+= UInt64(index)
            single.initialLatents = request.initialLatents?.slice(index..<index + 1)
            let result = try await model.generate(single) { progress in
                if case .step(let step, _) = progress {
                    display.step(step.duration, count: step.count, image: index)
                }
            }
            try Task.checkCancellation()
            let file = try names.write(
                result.images[0], output.noInfotext ? nil : made.infotext(of: result.request, single),
                output.noProvenance ? nil : .trainedAlgorithmicMedia, prompt: request.prompt, seed: single.seed,
                index: index, count: request.count)
            tally.add(result, file: file, seed: single.seed, keepsLatents: keepsLatents)
            if !output.json {
                display.clear()
                try Terminal.output.print(file + "\n")
            }
        }
        return tally
    }

    /// Those of the options that name what a picture is made of which are given, as ``PictureRecipe`` words them.
    private var givenFiles: Set<String> {
        let options: [(name: String, isGiven: Bool)] = [
            ("--image", editing.image != nil), ("--mask or --outpaint", editing.mask != nil || editing.outpaint != nil),
            ("--controlnet", !controls.controlnet.isEmpty), ("--ip-adapter", imagePrompt.ipAdapter != nil),
            ("--refiner", extraLarge.refiner != nil), ("--initial-latents", output.initialLatents != nil),
        ]
        return Set(options.filter { $0.isGiven }.map { $0.name })
    }

    /// What the options say, and what the picture says whose recipe is followed where they say nothing.
    private func request(_ recipe: PictureRecipe?, _ latents: LatentsFiles) throws -> GenerationRequest {
        var request = GenerationRequest(
            prompt ?? recipe?.prompt ?? "",
            seed: picture.seed ?? recipe?.seed ?? .random(in: 0...UInt64(UInt32.max)))
        request.negativePrompt = picture.negativePrompt ?? recipe?.negativePrompt ?? ""
        request.initialLatents = try latents.read()
        // Given latents say how large and how many, unless the options do.
        let shape = request.initialLatents?.shape
        request.count = picture.count ?? shape?[0] ?? 1
        if let shape, shape[0] != request.count {
            throw CommandFailure.wrongLatentCount(count: request.count, found: "\(shape)")
        }
        request.width = picture.width ?? shape.map { $0[3] * 8 } ?? recipe?.size?.width
        request.height = picture.height ?? shape.map { $0[2] * 8 } ?? recipe?.size?.height
        request.tiling = picture.tiling ?? recipe?.tiling ?? []
        request.steps = sampling.steps ?? recipe?.steps
        request.guidance = sampling.guidance ?? recipe?.guidance
        request.guidanceRescale = sampling.guidanceRescale ?? recipe?.guidanceRescale ?? 0
        request.sampler = sampling.sampler ?? recipe?.sampler
        request.schedule = sampling.schedule ?? (sampling.sampler == nil ? recipe?.schedule : nil)
        request.random = sampling.random ?? recipe?.random ?? .philox
        request.fresh = sampling.fresh ?? recipe?.fresh
        request.promptOptions.clipSkip = text.clipSkip ?? recipe?.clipSkip
        request.promptOptions.emphasis = text.emphasis ?? recipe?.emphasis ?? .original
        request.variation = seeds.variation ?? recipe?.variation
        request.seedSize = seeds.seedResizeFrom.flatMap(PixelSize.init(parsing:)) ?? recipe?.seedSize
        request.hires = hires.request ?? recipe?.hires
        request.conditions = extraLarge.conditions(over: recipe?.conditions ?? PictureConditions())
        request.refinerStart =
            extraLarge.refinerSwitch ?? (extraLarge.refiner == nil ? 1 : recipe?.refinerSwitch ?? 0.8)
        return request
    }
}
