import Daguerre
import DaguerreJobs
import DaguerrePixels
import DaguerreRegistry
import DaguerreWorker
import Synchronization
import TestSupport
import Testing

/// The runner draws what the façade draws, and says what came of it.
@Suite struct EngineRunnerTests {
    private func direct(_ change: (inout GenerationRequest) -> Void = { _ in }) async throws -> GenerationResult {
        var request = GenerationRequest("a red apple", seed: 7)
        (request.steps, request.width, request.height) = (3, 64, 64)
        change(&request)
        return try await Model.builtin(options: EngineOptions(precision: .float32, threads: 1)).generate(request)
    }

    @Test func aJobsImagesAreThoseOfTheSameRequestToTheModel() async throws {
        let bench = try Bench()
        var request = Bench.request()
        request.count = 2
        request.negativePrompt = "blue"
        request.sampler = "DPM++ 2M Karras"
        request.guidanceScale = 4
        request.variation = .init(seed: 5, strength: 0.2)
        request.tiling = "horizontal"
        let images = try await bench.images(request)
        let expected = try await direct {
            $0.count = 2
            $0.negativePrompt = "blue"
            $0.sampler = "DPM++ 2M Karras"
            $0.guidance = 4
            $0.variation = SeedVariation(seed: 5, strength: 0.2)
            $0.tiling = .horizontal
        }
        #expect(images.map(\.1) == expected.images)
        #expect(images.map(\.0.seed) == [7, 7])
        #expect(images.allSatisfy { $0.0.safety == nil && $0.0.role == .result })
        // The file and the record say alike how it was drawn.
        let bytes = try #require(await bench.blobs.read(images[1].0.digest, range: nil))
        #expect(try ImageFile.decode(bytes).infotext == images[1].0.infotext)
        let info = Infotext(parsing: images[1].0.infotext)
        #expect(info.prompt == "a red apple" && info.negativePrompt == "blue")
        #expect(info[.variationSeed] == "6" && info[.model] == "builtin" && info[.sampler] == "DPM++ 2M")
    }

    @Test func usageAndProgressTellOfEveryStage() async throws {
        let bench = try Bench()
        var request = Bench.request(steps: 4)
        request.count = 2
        request.hires = .init()
        guard case .succeeded(let images, let usage, _) = try await bench.run(request) else {
            Issue.record("it failed")
            return
        }
        #expect(images.map(\.seed) == [7, 8])
        #expect(images.allSatisfy { $0.width == 128 && $0.height == 128 })
        #expect(usage.stages.map(\.name) == ["load", "text", "denoise", "decode", "safety", "encode"])
        #expect(usage.stages.allSatisfy { $0.seconds >= 0 && ($0.name == "safety") == ($0.seconds == 0) })
        #expect(usage.peakBytes > 1 << 20)
        let reports = bench.takeReports()
        #expect(reports.first?.stage == .loading && reports.last?.stage == .finishing)
        let steps = reports.filter { $0.stage == .denoising }
        #expect(steps.map(\.step) == steps.map(\.step).sorted())
        #expect(steps.last?.step == usage.steps && steps.last?.steps == usage.steps)
        #expect(steps.last?.image == 1)
        #expect(steps.allSatisfy { ($0.secondsLeft ?? -1) >= 0 && $0.preview == nil })
    }

    @Test func aPictureToBeginWithAndAMaskAreReadFromUploads() async throws {
        let bench = try Bench()
        let picture = Image.pattern(64, 64)
        let half = Image(
            width: 64, height: 64, channels: .grey, pixels: (0..<64 * 64).map { $0 % 64 < 32 ? 255 : 0 })
        var request = Bench.request()
        request.image = .init(try await bench.upload(picture))
        request.image?.strength = 0.5
        let runner = try await bench.runner()
        let begun = try await bench.images(request, on: runner)
        var edit = PictureEdit(picture)
        edit.strength = 0.5
        #expect(begun.map(\.1) == (try await direct { $0.edit = edit }).images)

        request.mask = .init(try await bench.upload(half))
        request.mask?.isInverted = true
        request.mask?.blur = 0
        let masked = try await bench.images(request, on: runner)
        edit.mask = PictureEdit.Mask(half.inverted)
        edit.mask?.blur = 0
        #expect(masked.map(\.1) == (try await direct { $0.edit = edit }).images)
        #expect(masked.first?.1[3, 3] == picture[3, 3])
        #expect(masked.first?.1 != begun.first?.1)
    }

    @Test(arguments: JobRequest.Output.Format.allCases)
    func imagesAreFilesOfTheKindThatIsAskedFor(_ format: JobRequest.Output.Format) async throws {
        let bench = try Bench { $0.writesInfotext = false }
        var request = Bench.request()
        request.output.format = format
        request.output.quality = 30
        let images = try await bench.images(request)
        #expect(images.map(\.0.mediaType) == [format.mediaType])
        let bytes = try #require(await bench.blobs.read(images[0].0.digest, range: nil))
        #expect(try ImageFile.decode(bytes).infotext == nil)
        #expect(images[0].0.infotext.contains("Steps: 3"))
    }

    @Test func aLoraIsFoundByItsTagAndByItsName() async throws {
        let bench = try Bench()
        try bench.copy("pipelines/tiny", to: "checkpoints/tiny")
        let name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
        let values = (0..<32).map { Float($0 % 7) / 4 - 0.7 }
        try bench.write(
            [
                (name + ".lora_down.weight", HostTensor(values, shape: [2, 16])),
                (name + ".lora_up.weight", HostTensor(values, shape: [16, 2])),
                (name + ".alpha", HostTensor([2], shape: [])),
            ], to: "Lora/ink.safetensors")
        let runner = try await bench.runner()
        var plain = Bench.request("a car")
        plain.model = "tiny"
        var tagged = plain
        tagged.prompt = "a car <lora:Ink:2>"
        var named = plain
        named.loras = [.init(name: "ink")]
        named.loras[0].weight = 2
        var both = tagged
        both.loras = [.init(name: "ink")]
        let drawn = try await bench.images(plain, on: runner)
        let byTag = try await bench.images(tagged, on: runner)
        let byName = try await bench.images(named, on: runner)
        #expect(drawn.map(\.1) != byTag.map(\.1))
        #expect(byTag.map(\.1) == byName.map(\.1))
        #expect(try await bench.images(both, on: runner).map(\.1) == byTag.map(\.1))
        #expect(byName[0].0.infotext.hasPrefix("a car <lora:ink:2>\n"))
        #expect(byTag[0].0.infotext.contains("Lora hashes"))
        #expect(await runner.residentModels == ["tiny"])

        var unknown = plain
        unknown.prompt = "a car <lora:../ink:1>"
        let failure = try await bench.failure(unknown, on: runner)
        #expect(failure.code == .modelUnavailable && failure.message.contains("no LoRA called \"../ink\""))
    }

    @Test func aControlIsFollowedAndItsMapGivenBack() async throws {
        let bench = try Bench()
        try bench.copy("pipelines/tiny", to: "tiny")
        try bench.copy("pipelines/controls/controlnet", to: "ControlNet/lines")
        let picture = Image.pattern(80, 64)
        let runner = try await bench.runner()
        var request = Bench.request("a car")
        request.model = "tiny"
        let plain = try await bench.images(request, on: runner)
        var control = JobRequest.Control(model: "lines")
        control.image = try await bench.upload(picture)
        control.preprocessor = .canny
        control.mode = "control"
        control.returnsMap = true
        request.controls = [control]
        let images = try await bench.images(request, on: runner)
        #expect(images.map(\.0.role) == [.result, .controlMap])
        #expect(images[0].1 != plain[0].1)
        let map = try Preprocessor.canny.map(of: picture, width: 64, height: 64).image
        #expect(images[1].1 == map.converted(to: .rgb))
        // The picture to begin with is followed where the control has none of its own.
        request.controls[0].image = nil
        #expect(try await bench.failure(request, on: runner).message.contains("controls[0].image"))
        request.image = .init(try await bench.upload(picture))
        #expect(try await bench.images(request, on: runner).count == 2)
    }

    @Test func picturesAreSeenBesideThePrompt() async throws {
        let bench = try Bench()
        try bench.copy("pipelines/tiny", to: "tiny")
        try bench.copy("pipelines/controls/ip-adapter/ip-adapter.safetensors", to: "ipadapter/plain.safetensors")
        try bench.copy("pictures/vision-a", to: "clip_vision/vit")
        let runner = try await bench.runner()
        var request = Bench.request("a car")
        request.model = "tiny"
        let plain = try await bench.images(request, on: runner)
        let upload = try await bench.upload(.pattern(30, 20))
        request.imagePrompts = [.init(model: "plain", encoder: "vit", images: [upload])]
        let seen = try await bench.images(request, on: runner)
        #expect(seen[0].1 != plain[0].1 && seen[0].0.infotext.contains("IP-Adapter: plain"))
        request.imagePrompts[0].scale = 0
        #expect(try await bench.images(request, on: runner)[0].1 == plain[0].1)
    }

    @Test func aTextualInversionIsFoundByTheWordInThePrompt() async throws {
        let bench = try Bench()
        try bench.copy("pipelines/tiny", to: "tiny")
        let width = 16
        try bench.write(
            [("emb_params", HostTensor((0..<2 * width).map { Float($0) / 8 - 1 }, shape: [2, width]))],
            to: "embeddings/tower.safetensors")
        try bench.write([("x", HostTensor([1], shape: [1]))], to: "embeddings/broken.safetensors")
        let runner = try await bench.runner()
        var request = Bench.request("a tower")
        request.model = "tiny"
        let learnt = try await bench.images(request, on: runner)
        let without = try Bench()
        try without.copy("pipelines/tiny", to: "tiny")
        #expect(try await without.images(request)[0].1 != learnt[0].1)
        // A file that no word asks for is not opened; one that is asked for must be sound.
        request.prompt = "a broken tower"
        let failure = try await bench.failure(request, on: runner)
        #expect(failure.code == .modelUnavailable && failure.message.contains("broken.safetensors"))
    }

    @Test func whatANameOrAnUploadLacksIsSaid() async throws {
        let bench = try Bench()
        let runner = try await bench.runner()
        let absent = try #require(BlobDigest(String(repeating: "a", count: 64)))
        let noise = try await bench.blobs.put([1, 2, 3])
        let cases: [(JobFailure.Code, String, (inout JobRequest) -> Void)] = [
            (.modelUnavailable, "no model called \"nowhere\"", { $0.model = "nowhere" }),
            (.modelUnavailable, "no autoencoder called \"../x\"", { $0.vae = "../x" }),
            (.invalidRequest, "refiner.model", { $0.refiner = .init(model: "builtin") }),
            (.modelUnavailable, "ControlNet", { $0.controls = [.init(model: "x")] }),
            (
                .modelUnavailable, "IP-Adapter",
                { $0.imagePrompts = [.init(model: "x", encoder: "y", images: [absent])] }
            ),
            (.invalidRequest, "image.upload", { $0.image = .init(absent) }),
            (.invalidRequest, "image.upload: this is no picture", { $0.image = .init(noise) }),
            (.invalidRequest, "mask", { $0.mask = .init(noise) }),
            (.invalidRequest, "random", { $0.random = "dice" }),
            (.invalidRequest, "emphasis", { $0.emphasis = "loud" }),
            (.invalidRequest, "tiling", { $0.tiling = "round" }),
            (
                .invalidRequest, "hires.upscaler",
                {
                    $0.hires = .init(); $0.hires?.upscaler = "magic"
                }
            ),
            (
                .invalidRequest, "hires",
                {
                    $0.hires = .init(); $0.hires?.width = 128
                }
            ),
            (.invalidRequest, "no sampler", { $0.sampler = "magic" }),
            (.invalidRequest, "hypernet", { $0.prompt = "<hypernet:x:1>" }),
            (.invalidRequest, "width", { $0.width = 63 }),
        ]
        for (code, word, change) in cases {
            var request = Bench.request()
            change(&request)
            let failure = try await bench.failure(request, on: runner)
            #expect(failure.code == code && failure.message.contains(word), "\(failure)")
        }
    }

    @Test func aPictureBeyondTheLimitsIsNotDecoded() async throws {
        let bench = try Bench { $0.imageLimits = ImageLimits(side: 32) }
        var request = Bench.request()
        request.image = .init(try await bench.upload(.pattern(33, 8)))
        let failure = try await bench.failure(request)
        #expect(failure.code == .invalidRequest && failure.message.contains("33×8"))
    }

    @Test func aCancelledJobEndsWithinAStep() async throws {
        let bench = try Bench()
        var request = Bench.request(steps: 200)
        (request.width, request.height, request.previews) = (256, 256, true)
        let seen = Mutex(0)
        let outcome = try await bench.run(request) { _ in
            // Asked once before loading, once before drawing, then after encoding and after each step.
            seen.withLock { seen in
                seen += 1
                return seen > 8
            }
        }
        #expect(outcome == .cancelled)
        // The step in which it was noticed, and at most the next, which had begun.
        #expect(seen.withLock { $0 } <= 10)
        #expect(await bench.blobs.blobs.isEmpty)
    }

    @Test func aCancelledTaskLeavesTheJobWithoutAnEnd() async throws {
        let bench = try Bench()
        let runner = try await bench.runner()
        let request = Bench.request(steps: 900)
        let outcome = try await withThrowingTaskGroup(of: JobOutcome??.self) { group in
            group.addTask { .some(try await bench.run(request, on: runner)) }
            while bench.reportCount < 2 { try await Task.sleep(for: .milliseconds(5)) }
            group.cancelAll()
            return try await group.next() ?? nil
        }
        #expect(outcome == .some(nil))
    }

    @Test func previewsAreSmallPicturesAtABoundedRate() async throws {
        let bench = try Bench { $0.previewInterval = .milliseconds(100) }
        var request = Bench.request(steps: 60)
        (request.width, request.height, request.previews) = (128, 64, true)
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await bench.images(request)
        let elapsed = clock.now - start
        let previews = bench.takeReports().compactMap(\.preview)
        #expect(!previews.isEmpty)
        #expect(Double(previews.count) <= elapsed / .milliseconds(100) + 1)
        for preview in previews {
            let contents = try ImageFile.decode(preview.bytes)
            #expect(contents.format == .jpeg && preview.mediaType == "image/jpeg")
            #expect(contents.image.width == 256 && contents.image.height == 128)
            #expect((preview.width, preview.height) == (256, 128))
        }
        request.previews = false
        _ = try await bench.images(request)
        #expect(bench.takeReports().allSatisfy { $0.preview == nil })
    }
}
