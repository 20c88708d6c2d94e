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
        let loaded: Model
        let tally: GenerationTally
        do {
            defer { display.clear() }
            loaded = try await model.load(engine.options)
            tally = try await draw(request, loaded, to: names, keepsLatents: latents.output != nil, display)
        }
        if latents.output != nil { try latents.write(tally.allLatents) }
        for warning in tally.warnings { Terminal.error.write("daguerre: warning: \(singleLine(warning))\n") }
        if let hint = UnknownWords.hint(request.prompt, vocabulary: loaded.defaults.vocabulary, model: model.model) {
            Terminal.error.write("daguerre: hint: \(hint)\n")
        }
        let report = GenerationReport(tally, of: loaded, latentsFile: latents.output, total: clock.now - start)
        if output.json {
            try Terminal.output.print(jsonText(report) + "\n")
        } else {
            Terminal.error.write(report.summary + "\n")
        }
    }

    /// Draws one picture after another and writes each as soon as it is there: memory does not grow with their number,
    /// and what is drawn stays if the run is ended.
    private func draw(
        _ request: GenerationRequest, _ model: Model, to names: OutputNames, keepsLatents: Bool,
        _ display: ProgressDisplay
    ) async throws -> GenerationTally {
        var tally = GenerationTally(try model.resolve(request), warnings: model.warnings)
        for index in 0..<request.count {
            try Task.checkCancellation()
            var single = request
            single.count = 1
            single.seed = request.seed &+ UInt64(index)
            single.initialLatents = request.initialLatents?.slice(index..<index + 1)
            let result = try await model.generate(single) { progress in
                if case .step(_, let count, _, let duration) = progress {
                    display.step(duration, count: count, image: index)
                }
            }
            try Task.checkCancellation()
            let text = infotext(of: result.request, seed: single.seed, model: model)
            let file = try names.write(
                result.images[0], text, prompt: prompt, seed: single.seed, index: index, count: request.count)
            tally.add(result, file: file, keepsLatents: keepsLatents)
            if !output.json {
                display.clear()
                try Terminal.output.print(file + "\n")
            }
        }
        return tally
    }

    private func request(_ latents: LatentsFiles) throws -> GenerationRequest {
        var request = GenerationRequest(prompt, seed: picture.seed ?? .random(in: 0...UInt64(UInt32.max)))
        request.negativePrompt = picture.negativePrompt
        request.initialLatents = try latents.read()
        // Given latents say how large and how many, unless the options do.
        let shape = request.initialLatents?.shape
        request.count = picture.count ?? shape?[0] ?? 1
        if let shape, shape[0] != request.count {
            throw CommandFailure.wrongLatentCount(count: request.count, found: "\(shape)")
        }
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
}
