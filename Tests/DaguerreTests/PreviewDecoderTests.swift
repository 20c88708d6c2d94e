import Daguerre
import DaguerreModels
import Synchronization
import TestSupport
import Testing

/// Which previews a model makes by which choice.
///
/// Decoders are of random weights: scripts/fixtures/tiny_autoencoders.py.
@Suite struct PreviewDecoderTests {
    private let taesd = Fixture.path("tiny-autoencoders/taesd")
    private let tiny = Fixture.path("pipelines/tiny")
    private let xl = Fixture.path("pipelines/xl")

    private func options(_ choice: PreviewDecoderChoice) -> EngineOptions {
        var options = EngineOptions(precision: .float32, threads: 1)
        options.previewDecoder = choice
        return options
    }

    private func request(_ width: Int = 128, _ height: Int = 64) -> GenerationRequest {
        var request = GenerationRequest("a star", seed: 3)
        (request.sampler, request.steps, request.width, request.height) = ("euler", 3, width, height)
        return request
    }

    /// Draws and takes every preview.
    private func draw(
        _ request: GenerationRequest, _ model: Model
    ) async throws -> (result: GenerationResult, previews: [Image]) {
        let previews = Mutex<[Image]>([])
        let result = try await model.generate(request) { progress in
            guard case .step(_, let preview) = progress else { return }
            do {
                let image = try preview()
                previews.withLock { $0.append(image) }
            } catch { Issue.record("\(error)") }
        }
        return (result, previews.withLock { $0 })
    }

    private func size(_ images: [Image]) -> [Int] { images.last.map { [$0.width, $0.height] } ?? [] }

    @Test(arguments: ["taesd", "taesd/original.safetensors"])
    func aDecoderShowsEveryPixelAndChangesNothing(_ file: String) async throws {
        let decoding = try await Model.builtin(options: options(.path(Fixture.path("tiny-autoencoders/\(file)"))))
        let linear = try await Model.builtin(options: options(.linear))
        #expect(decoding.warnings == linear.warnings)
        let (decoded, plain) = (try await draw(request(), decoding), try await draw(request(), linear))
        #expect(size(decoded.previews) == [128, 64] && size(plain.previews) == [16, 8])
        #expect(Set(decoded.previews).count == 3)
        #expect(try await draw(request(), decoding).previews == decoded.previews)
        #expect(decoded.result.images == plain.result.images)
        #expect(decoded.result.latents.floats == plain.result.latents.floats)
    }

    @Test func aLargePictureIsPreviewedSmaller() async throws {
        let model = try await Model(at: tiny, options: options(.path(taesd)))
        #expect(size(try await draw(request(1024, 256), model).previews) == [512, 128])
        #expect(size(try await draw(request(320, 640), model).previews) == [256, 512])
    }

    @Test func onlyADecoderForTheModelsLatentsIsTaken() async throws {
        let nowhere = "/nowhere/taesdxl"
        let sd = try await Model(
            at: tiny, options: options(.fitting([.stableDiffusion: taesd, .stableDiffusionXL: nowhere])))
        #expect(size(try await draw(request(), sd).previews) == [128, 64])
        for (model, paths) in [
            (xl, [.stableDiffusion: taesd]), (tiny, [.stableDiffusionXL: taesd]), (tiny, [:]),
            (nil, [.stableDiffusion: taesd, .stableDiffusionXL: taesd]),
        ] as [(String?, [LatentSpace: String])] {
            let chosen = options(.fitting(paths))
            let linear =
                if let model { try await Model(at: model, options: chosen) } else {
                    try await Model.builtin(options: chosen)
                }
            #expect(size(try await draw(request(), linear).previews) == [16, 8])
            #expect(!linear.warnings.contains { $0.contains("preview") })
        }
        let extraLarge = try await Model(at: xl, options: options(.fitting([.stableDiffusionXL: taesd])))
        #expect(size(try await draw(request(), extraLarge).previews) == [128, 64])
    }

    @Test func oneThatCannotBeUsedLeavesALineAndLinearPreviews() async throws {
        let small = Fixture.path("tiny-autoencoders/small")
        for (choice, word) in [
            (.path("/nowhere/taesd"), "taesd"), (.path(small), "latent channels is 6, expected 4"),
            (.fitting([.stableDiffusion: tiny + "/model_index.json"]), "model_index.json"),
            (.fitting([.stableDiffusion: tiny + "/vae"]), "AutoencoderKL"),
        ] as [(PreviewDecoderChoice, String)] {
            let model = try await Model(at: tiny, options: options(choice))
            let line = try #require(model.warnings.last)
            #expect(line.hasPrefix("previews are linear") && line.contains(word) && !line.contains("\n"), "\(line)")
            #expect(!line.contains("/nowhere") && !line.contains(tiny))
            #expect(size(try await draw(request(), model).previews) == [16, 8])
        }
    }

    @Test func oneThatIsNamedIsCheckedBeforeAnythingIsLoaded() throws {
        try PreviewDecoderChoice.path(taesd).check()
        try PreviewDecoderChoice.fitting([.stableDiffusion: "/nowhere"]).check()
        #expect(throws: CheckpointError.self) { try PreviewDecoderChoice.path("/nowhere/taesd").check() }
        #expect(throws: CheckpointError.self) { try PreviewDecoderChoice.path(tiny + "/vae").check() }
    }

    @Test func itsMemoryIsForetold() async throws {
        let scratch = try ScratchFolder()
        let wide = scratch.path + "/wide.safetensors"
        try TinyDecoderFile.write(to: wide, channels: 128)
        let (decoding, linear) = (options(.path(wide)), options(.linear))
        let (more, less) = (
            try await Model.weightBytes(at: tiny, options: decoding),
            try await Model.weightBytes(at: tiny, options: linear)
        )
        // Four bytes for each of the numbers, and no more than twice that for how they are packed.
        let numbers = TinyDecoderFile.tensors(channels: 128).reduce(0) { $0 + $1.tensor.shape.elementCount }
        #expect((4 * numbers...8 * numbers).contains(more - less), "\(more - less) for \(numbers)")
        let model = try await Model(at: tiny, options: decoding)
        #expect(abs(Double(model.memory.weightBytes) / Double(more) - 1) < 0.05)
        let forecast = try await model.forecast(request())
        let plain = try await Model(at: tiny, options: linear).forecast(request())
        #expect(forecast.peakBytes - plain.peakBytes > more - less)
        #expect(forecast.flops == plain.flops)
        let drawn = try await draw(request(), model)
        let ratio = Double(drawn.result.forecast.peakBytes) / Double(drawn.result.memory.peakBytes)
        #expect(abs(ratio - 1) < 0.1, "foretold and held: \(ratio)")
    }
}
