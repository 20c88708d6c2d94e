import Daguerre
import DaguerreModels
import DaguerrePixels
import DaguerreReference
import TestSupport
import Testing

/// What a safety checker says of what is drawn, and what becomes of a picture that it flags.
@Suite struct SafetyTests {
    /// Tests/Fixtures/pictures/safety-checker: a tiny checker of random weights.
    private let checker = Fixture.path("pictures/safety-checker")

    private func options(_ checker: String) -> EngineOptions {
        var options = EngineOptions(precision: .float32, threads: 1)
        options.safetyChecker = .path(checker)
        return options
    }

    private var request: GenerationRequest {
        var request = GenerationRequest("a star", seed: 3)
        (request.steps, request.count, request.width, request.height) = (2, 3, 64, 64)
        return request
    }

    /// The checker with every number of the tensor `key` made anew.
    private func changed(_ key: String, _ change: (Float) -> Float, in scratch: ScratchFolder) throws -> String {
        let file = try SafetensorsFile(path: checker + "/model.safetensors", mapping: .read)
        let tensors = try file.entries.map { entry in
            let tensor = try #require(file[entry.key])
            return (
                name: entry.key,
                tensor: entry.key == key ? HostTensor(tensor.floats.map(change), shape: tensor.shape) : tensor
            )
        }
        try SafetensorsWriter.write(tensors, to: scratch.path + "/model.safetensors")
        for name in ["config.json", "preprocessor_config.json"] {
            let bytes = try #require(try DiskModelFolder(path: checker).bytes(name))
            try AtomicFile.write(bytes, to: scratch.path + "/" + name, replacing: true)
        }
        return scratch.path
    }

    @Test func everyImageHasAVerdictOfItsOwn() async throws {
        let model = try await Model.builtin(options: options(checker))
        let all = try await model.generate(request)
        let verdicts = try #require(all.safety)
        #expect(verdicts.count == 3)
        for (index, verdict) in verdicts.enumerated() {
            var alone = request
            (alone.count, alone.seed) = (1, request.seed + UInt64(index))
            #expect(try await model.generate(alone).safety == [verdict])
        }
        #expect(Set(verdicts.map { $0.scores.map(\.value) }).count == 3)
    }

    @Test func thresholdsThatEverythingReachesFlagEveryImage() async throws {
        let scratch = try ScratchFolder()
        let model = try await Model.builtin(
            options: options(changed("concept_embeds_weights", { _ in -2 }, in: scratch)))
        let result = try await model.generate(request)
        #expect(result.safety?.map(\.isFlagged) == [true, true, true])
        for (image, verdict) in zip(result.images, result.safety ?? []) {
            #expect(verdict.blurring(image) == image.beyondRecognition)
        }
    }

    @Test(arguments: ["concept_embeds_weights", "special_care_embeds", "visual_projection.weight"])
    func aCheckerThatGivesNoNumbersClearsNothing(key: String) async throws {
        let scratch = try ScratchFolder()
        let model = try await Model.builtin(options: options(changed(key, { _ in .nan }, in: scratch)))
        let error = await #expect(throws: ModelError.notFinite(model: "safety checker", picture: 1)) {
            _ = try await model.generate(request)
        }
        #expect(error.map { isNumericalFailure($0) } == true)
    }

    @Test func whatTheCheckerLooksAtIsForetold() async throws {
        let (with, without) = (
            try await Model.builtin(options: options(checker)),
            try await Model.builtin(options: EngineOptions(precision: .float32, threads: 1))
        )
        func cost(_ width: Int, _ height: Int) async throws -> Int {
            var request = request
            (request.width, request.height) = (width, height)
            return try await with.forecast(request).flops - without.forecast(request).flops
        }
        let one = try await cost(64, 64)
        #expect(one > 0)
        #expect(try await cost(256, 64) == 8 * one)
        #expect(try await cost(72, 64) == 2 * one)
    }

    @Test func aPartThatIsDrawnIntoALargePictureIsJudgedByItself() async throws {
        let model = try await Model.builtin(options: options(checker))
        let picture = Image(width: 640, height: 640, filledWith: [40, 90, 160])
        var edit = PictureEdit(picture)
        edit.strength = 1
        edit.mask = PictureEdit.Mask(
            Image(
                width: 640, height: 640, channels: .grey,
                pixels: (0..<640 * 640).map {
                    (300..<340).contains($0 % 640) && (300..<340).contains($0 / 640) ? 255 : 0
                }))
        edit.mask?.padding = 4
        edit.mask?.blur = 0
        var request = request
        (request.count, request.edit) = (1, edit)
        let result = try await model.generate(request)
        let (image, verdict) = (try #require(result.images.first), try #require(result.safety?.first))
        #expect((image.width, image.height) == (640, 640))
        let backend = ReferenceBackend()
        let own = try VisionSource<SafetyCheckerConfiguration>(path: checker).checker(on: backend)
        let drawn = Region(x: 296, y: 296, width: 48, height: 48)
        let whole = try own([image], on: backend)[0].concepts.map(\.value)
        let part = try own([image.cropped(to: drawn)], on: backend)[0].concepts.map(\.value)
        for (seen, expected) in zip(verdict.concepts.map(\.value), zip(whole, part).map(max)) {
            #expect(abs(seen - expected) < 0.0021)
        }
        #expect(zip(whole, part).contains { $1 > $0 + 0.01 })
    }

    @Test func onlyNumbersThatFailedAreANumericalFailure() {
        #expect(isNumericalFailure(PipelineError.undecodable(layer: "conv_out")))
        #expect(isNumericalFailure(PipelineError.notFinite(step: 1, layer: "conv_in")))
        #expect(!isNumericalFailure(PipelineError.invalid(field: "steps", found: "0", expected: "more")))
        #expect(!isNumericalFailure(EngineError.tooLarge(what: "x", needed: 2, available: 1)))
    }

    @Test(arguments: [(512, 512), (64, 96), (7, 640), (3, 2)])
    func whatIsBeyondRecognitionIsMadeOfAFewMeans(width: Int, height: Int) throws {
        func noise(_ seed: Int) -> Image {
            Image(
                width: width, height: height,
                pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 2_654_435_761 >> 9) })
        }
        let picture = noise(1)
        let blurred = picture.beyondRecognition
        #expect((blurred.width, blurred.height, blurred.channels) == (width, height, .rgb))
        guard min(width, height) >= 64 else { return }
        // Neighbours hardly differ any more, though the picture's did by 85 on average.
        let steps = (0..<height).flatMap { row in
            (1..<width).map { abs(Int(blurred[$0, row].first ?? 0) - Int(blurred[$0 - 1, row].first ?? 0)) }
        }
        #expect(steps.max() ?? 255 <= 6)
        guard width == height else { return }
        // Pixels that change places within an eighth of the longer side leave no trace.
        let cell = max(width, height) / 8
        var pixels = picture.pixels
        for row in 0..<height {
            for first in stride(from: 0, to: width - cell + 1, by: cell) {
                let range = (row * width + first) * 3..<(row * width + first + cell) * 3
                let turned = stride(from: range.upperBound - 3, through: range.lowerBound, by: -3).flatMap {
                    picture.pixels[$0..<$0 + 3]
                }
                pixels.replaceSubrange(range, with: turned)
            }
        }
        let shuffled = Image(width: width, height: height, pixels: pixels)
        #expect(shuffled != picture && shuffled.beyondRecognition == blurred)
    }
}
