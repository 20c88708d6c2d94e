import Daguerre
import DaguerreJobs
import DaguerreModels
import DaguerrePixels
import DaguerreReference
import DaguerreWorker
import Foundation
import TestSupport
import Testing

/// Nothing leaves the worker that the policy holds back, or that could not be judged.
///
/// The checker is that of scripts/fixtures/pictures.py, of random weights, with other thresholds.
@Suite struct SafetyTests {
    /// A checker whose concepts are hit above `threshold`, and none of special care.
    private func checker(_ threshold: Float, concept: Int = 1, others: Float = 2) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        for file in ["config.json", "preprocessor_config.json"] {
            try FileManager.default.copyItem(
                atPath: Fixture.path("pictures/safety-checker/" + file), toPath: folder.path + "/" + file)
        }
        let thresholds: [String: HostTensor] = [
            "concept_embeds_weights": HostTensor(
                (1...17).map { $0 == concept ? threshold : others }, shape: [17]),
            "special_care_embeds_weights": HostTensor([2, 2, 2], shape: [3]),
        ]
        let file = try SafetensorsFile(path: Fixture.path("pictures/safety-checker/model.safetensors"))
        let tensors = try file.entries.map { entry in
            (name: entry.key, tensor: try #require(thresholds[entry.key] ?? file[entry.key]))
        }
        try SafetensorsWriter.write(tensors, to: folder.path + "/model.safetensors")
        return folder
    }

    private func bench(_ action: SafetyPolicy.Action, _ checker: ScratchFolder) throws -> Bench {
        try Bench { $0.safety = SafetyPolicy(action, checkerPath: checker.path) }
    }

    @Test func aPictureThatIsFlaggedIsNeitherStoredNorGivenOut() async throws {
        let checker = try checker(-2)
        let bench = try bench(.block, checker)
        var request = Bench.request()
        (request.count, request.previews) = (2, true)
        guard case .blocked(let records, let usage) = try await bench.run(request) else {
            Issue.record("it was not blocked")
            return
        }
        #expect(records == [SafetyRecord(.blocked, concepts: [1]), SafetyRecord(.blocked, concepts: [1])])
        #expect(usage.steps == 6 && usage.stages.contains { $0.name == "safety" && $0.seconds > 0 })
        #expect(await bench.blobs.blobs.isEmpty)
        #expect(bench.takeReports().allSatisfy { $0.preview == nil })
    }

    @Test func aPictureThatPassesIsAsItWouldBeWithoutAPolicy() async throws {
        let checker = try checker(2)
        let request = Bench.request()
        let judged = try await bench(.block, checker).images(request)
        let plain = try await Bench().images(request)
        #expect(judged.map(\.1) == plain.map(\.1))
        #expect(judged.map(\.0.safety) == [SafetyRecord(.passed)])
    }

    @Test func aPictureThatIsFlaggedIsBlurredBeyondRecognition() async throws {
        let checker = try checker(-2)
        let bench = try bench(.blur, checker)
        var request = Bench.request()
        (request.width, request.height) = (128, 128)
        let blurred = try await bench.images(request)
        let plain = try await Bench().images(request)
        #expect(blurred.map(\.0.safety) == [SafetyRecord(.blurred, concepts: [1])])
        #expect(blurred[0].1 == plain[0].1.beyondRecognition)
        #expect(blurred[0].1.steepest < 30 && plain[0].1.steepest > 60)
        // The file that was not blurred is nowhere.
        #expect(await bench.blobs.blobs.count == 1)
    }

    @Test func ofSeveralPicturesThoseThatPassAreGivenOut() async throws {
        // Between the scores of two pictures lies a threshold that flags one of them.
        let open = try checker(0)
        var options = EngineOptions(precision: .float32, threads: 1)
        options.safetyChecker = .path(open.path)
        var generation = GenerationRequest("a red apple", seed: 7)
        (generation.steps, generation.width, generation.height, generation.count) = (3, 64, 64, 4)
        let result = try await Model.builtin(options: options).generate(generation)
        let verdicts = try #require(result.safety)
        let scores = verdicts.map { $0.concepts[0].value }
        let sorted = scores.sorted()
        try #require(sorted[1] + 0.002 < sorted[2])
        let threshold = Float((sorted[1] + sorted[2]) / 2)
        let flagged = scores.map { $0 > Double(threshold) }

        let checker = try checker(threshold)
        var request = Bench.request()
        request.count = 4
        let blocking = try bench(.block, checker)
        let rest = try await blocking.images(request)
        let passing = flagged.indices.filter { !flagged[$0] }
        #expect(rest.map(\.1) == passing.map { result.images[$0] })
        #expect(rest.map(\.0.seed) == passing.map { 7 + UInt64($0) })
        #expect(rest.allSatisfy { $0.0.safety == SafetyRecord(.passed) })
        #expect(await blocking.blobs.blobs.count == 2)

        // The record tells of all four.
        let outcome = try await bench(.block, checker).run(request)
        #expect(outcome?.safety.map(\.action) == flagged.map { $0 ? .blocked : .passed })
        #expect(outcome?.safety.map(\.concepts) == flagged.map { $0 ? [1] : [] })

        let all = try await bench(.blur, checker).images(request)
        #expect(all.map(\.0.safety?.action) == flagged.map { $0 ? .blurred : .passed })
    }

    @Test func whatLiesBesideTheMiddleOfALongPictureIsJudgedToo() async throws {
        let open = try checker(0)
        var options = EngineOptions(precision: .float32, threads: 1)
        options.safetyChecker = .path(open.path)
        var generation = GenerationRequest("a red apple", seed: 7)
        (generation.steps, generation.width, generation.height, generation.count) = (3, 256, 64, 4)
        let result = try await Model.builtin(options: options).generate(generation)
        let whole = try #require(result.safety).map { $0.concepts[0].value }
        // The middle alone, which diffusers would look at.
        let backend = ReferenceBackend()
        let middle = try VisionSource<SafetyCheckerConfiguration>(path: open.path).checker(on: backend)(
            result.images, on: backend
        ).map { $0.concepts[0].value }
        let index = try #require(whole.indices.max { whole[$0] - middle[$0] < whole[$1] - middle[$1] })
        try #require(whole[index] > middle[index] + 0.004)

        let checker = try checker(Float((whole[index] + middle[index]) / 2))
        var request = Bench.request(seed: 7 + UInt64(index))
        (request.width, request.height) = (256, 64)
        let bench = try bench(.block, checker)
        guard case .blocked(let records, _) = try await bench.run(request) else {
            Issue.record("it was not blocked")
            return
        }
        #expect(records == [SafetyRecord(.blocked, concepts: [1])])
        #expect(await bench.blobs.blobs.isEmpty)
    }

    @Test func aScoreThatIsNotANumberLetsNothingOut() async throws {
        let checker = try checker(.nan)
        for action in [SafetyPolicy.Action.block, .blur] {
            let bench = try bench(action, checker)
            var request = Bench.request()
            request.previews = true
            let failure = try await bench.failure(request)
            #expect(failure.code == .safetyUnavailable && failure.message.contains("not cleared"))
            #expect(await bench.blobs.blobs.isEmpty)
        }
    }

    @Test func withoutACheckerTheServerOrTheModelIsRefused() async throws {
        // One for all models that cannot be read: nothing may start.
        let nowhere = try Bench { $0.safety = SafetyPolicy(.block, checkerPath: "/nowhere/checker") }
        let refused = await #expect(throws: JobFailure.self) { try await nowhere.runner() }
        #expect(refused?.code == .safetyUnavailable && refused?.message.contains("/nowhere") == false)
        // The models' own: one that has none is refused, before it draws.
        let own = try Bench { $0.safety = SafetyPolicy(.blur) }
        let failure = try await own.failure(Bench.request())
        #expect(failure.code == .safetyUnavailable && failure.message.contains("builtin has no safety checker"))
        #expect(own.reportCount == 0)
        let runner = try await own.runner()
        await #expect(throws: JobFailure.self) { try await runner.warm() }
        // A file that is no checker at all.
        let wrong = try Bench {
            $0.safety = SafetyPolicy(.block, checkerPath: Fixture.path("pipelines/tiny"))
        }
        await #expect(throws: JobFailure.self) { try await wrong.runner() }
        // The checker that lies in a model's folder is its own.
        try own.copy("pipelines/tiny", to: "checkpoints/tiny")
        try own.copy("pictures/safety-checker", to: "checkpoints/tiny/safety_checker")
        var request = Bench.request()
        request.model = "tiny"
        let images = try await own.images(request)
        #expect(images.count == 1 && images[0].0.safety != nil)
    }

    @Test func previewsUnderAPolicyShowNothing() async throws {
        let checker = try checker(2)
        var request = Bench.request(steps: 8)
        (request.width, request.height, request.previews) = (128, 128, true)
        func previews(_ action: SafetyPolicy.Action) async throws -> [Image] {
            let bench = try Bench {
                $0.safety = SafetyPolicy(action, checkerPath: checker.path)
                $0.previewInterval = .zero
            }
            _ = try await bench.images(request)
            return try bench.takeReports().compactMap(\.preview).map { try ImageFile.decode($0.bytes).image }
        }
        #expect(try await previews(.block).isEmpty)
        let (shown, blurred) = (try await previews(.off), try await previews(.blur))
        #expect(shown.count >= 8 && blurred.count == shown.count)
        for (open, veiled) in zip(shown, blurred) {
            // As near as two files with loss come.
            #expect(veiled.difference(from: open.beyondRecognition) < 3)
            #expect(veiled.difference(from: open) > 6)
        }
    }
}

extension Image {
    /// The largest difference between a pixel and its neighbour, of any colour: what edges there are.
    fileprivate var steepest: Int {
        var most = 0
        for y in 0..<height {
            for x in 1..<width {
                for (a, b) in zip(self[x - 1, y], self[x, y]) { most = max(most, abs(Int(a) - Int(b))) }
            }
        }
        return most
    }

    /// The mean difference of the samples of two pictures of one size.
    fileprivate func difference(from other: Image) -> Double {
        Double(zip(pixels, other.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(pixels.count)
    }
}
