import ArgumentParser
import Daguerre
import DaguerrePipelines
import DaguerreSampling
import DaguerreTensors

/// `daguerre generate`: draws pictures of a prompt.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Draw pictures of a prompt.",
        discussion: """
            Writes PNG files and prints their paths, one a line. What is not given is the model's own: size, steps and \
            guidance of its daguerre.json, sampler and schedule of its scheduler_config.json.

            EXAMPLES
              daguerre generate "a purple cat"
              daguerre generate "a dog on a blue background" --seed 7 --count 4
              daguerre generate "a castle" --model ~/sd15 --sampler "DPM++ 2M Karras"
              daguerre generate "a car" --output car.png --latents-output car.safetensors
              daguerre generate "a star" --json | jq .timings
            """)

    @Argument(help: "What to draw.")
    var prompt: String

    @OptionGroup(title: "Model") var model: ModelOption

    @OptionGroup(title: "Picture") var picture: PictureArguments
    @OptionGroup(title: "Sampling") var sampling: SamplingArguments
    @OptionGroup(title: "Output") var output: OutputArguments
    @OptionGroup(title: "Engine") var engine: EngineArguments

    func run() async throws {
        let names = try OutputNames(output.output)
        try names.check()
        let latents = try LatentsFiles(input: output.initialLatents, output: output.latentsOutput)
        // Names first: a misspelt sampler should not wait for the model.
        if let sampler = sampling.sampler { _ = try SamplerName.parse(sampler) }
        if let schedule = sampling.schedule { _ = try ScheduleName.parse(schedule) }

        let clock = ContinuousClock()
        let start = clock.now
        let request = try request(latents)
        let display = ProgressDisplay(isQuiet: output.json, imageCount: request.count)
        display.show("loading \(baseName(model.model))")
        let (loaded, result) = try await draw(request, display)
        try Task.checkCancellation()

        let files = try write(result, of: loaded, to: names)
        try latents.write(result.latents)
        let warnings = loaded.warnings + result.warnings
        for warning in warnings { Terminal.error.write("daguerre: warning: \(singleLine(warning))\n") }
        if let hint = UnknownWords.hint(request.prompt, vocabulary: loaded.defaults.vocabulary, model: model.model) {
            Terminal.error.write("daguerre: hint: \(hint)\n")
        }
        let report = GenerationReport(
            result, of: loaded, files: files, latentsFile: latents.output, warnings: warnings,
            total: clock.now - start)
        if output.json {
            try Terminal.output.print(jsonText(report) + "\n")
        } else {
            try Terminal.output.print(files.map { $0 + "\n" }.joined())
            Terminal.error.write(report.summary + "\n")
        }
    }

    /// Loads the model and draws; the progress bar is gone when this returns or throws.
    private func draw(
        _ request: GenerationRequest, _ display: ProgressDisplay
    ) async throws -> (Model, GenerationResult) {
        defer { display.clear() }
        let model = try await model.load(engine.options)
        try Task.checkCancellation()
        let result = try await model.generate(request) { progress in
            if case .step(_, let count, let image, let duration) = progress {
                display.step(duration, count: count, image: image)
            }
        }
        return (model, result)
    }

    private func request(_ latents: LatentsFiles) throws -> GenerationRequest {
        var request = GenerationRequest(prompt, seed: picture.seed ?? .random(in: 0...UInt64(UInt32.max)))
        request.negativePrompt = picture.negativePrompt
        request.initialLatents = try latents.read()
        // Given latents say how large and how many, unless the options do.
        let shape = request.initialLatents?.shape
        request.count = picture.count ?? shape?[0] ?? 1
        request.width = picture.width ?? shape.map { $0[3] * 8 }
        request.height = picture.height ?? shape.map { $0[2] * 8 }
        request.steps = sampling.steps
        request.guidance = sampling.guidance
        request.guidanceRescale = sampling.guidanceRescale
        request.sampler = sampling.sampler
        request.schedule = sampling.schedule
        request.random = sampling.random
        return request
    }

    /// Writes each picture and returns the paths.
    private func write(_ result: GenerationResult, of model: Model, to names: OutputNames) throws -> [String] {
        try result.images.enumerated().map { index, image in
            let seed = result.request.seed &+ UInt64(index)
            let text = infotext(of: result.request, seed: seed, model: model)
            return try names.write(image, text, prompt: prompt, seed: seed, index: index, count: result.images.count)
        }
    }
}
