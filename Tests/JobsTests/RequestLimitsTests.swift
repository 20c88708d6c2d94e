import DaguerreJobs
import DaguerrePixels
import Testing

/// Names of an engine that has little.
let smallVocabulary = EngineVocabulary(
    samplers: [.init("DPM++ 2M", aliases: ["dpmpp_2m"])], schedules: [.init("Karras", aliases: ["karras"])],
    latentUpscalers: ["Latent"], pixelUpscalers: ["Lanczos"],
    sampler: { text throws(RequestError) in
        switch text {
        case "dpmpp_2m", "DPM++ 2M": ("DPM++ 2M", nil)
        case "DPM++ 2M Karras": ("DPM++ 2M", "Karras")
        default: throw RequestError("", found: text, expected: "a sampler")
        }
    },
    schedule: { text throws(RequestError) in
        guard text.lowercased() == "karras" || text == "simple" else {
            throw RequestError("", found: text, expected: "a schedule")
        }
        return text == "simple" ? "Simple" : "Karras"
    },
    networks: { text throws(RequestError) in
        text.split(separator: "<lora:", omittingEmptySubsequences: false).dropFirst().map {
            String($0.prefix { $0 != ":" })
        }
    })

@Suite struct RequestLimitsTests {
    static let upload = BlobDigest(String(repeating: "0a", count: 32))

    typealias Change = @Sendable (inout JobRequest) -> Void

    private func message(_ change: Change, _ limits: RequestLimits = .init()) throws -> String? {
        var request = JobRequest("a lake")
        change(&request)
        do throws(RequestError) {
            _ = try request.validated(against: limits, vocabulary: smallVocabulary)
            return nil
        } catch {
            return error.message
        }
    }

    static func image() -> JobRequest.StartImage? { upload.map(JobRequest.StartImage.init) }
    static func control(_ change: (inout JobRequest.Control) -> Void = { _ in }) -> JobRequest.Control {
        var control = JobRequest.Control(model: "c")
        control.image = upload
        change(&control)
        return control
    }
    static func hires(_ change: (inout JobRequest.Hires) -> Void = { _ in }) -> JobRequest.Hires {
        var hires = JobRequest.Hires()
        change(&hires)
        return hires
    }

    @Test func anOrdinaryRequestIsValid() throws {
        let request = JobRequest("a lake")
        #expect(try request.validated(against: .init(), vocabulary: smallVocabulary) == request)
    }

    static let wrong: [(Change, String)] = [
        ({ $0.prompt = String(repeating: "é", count: 8193) }, "prompt: 16386 bytes is not text of at most 16384 bytes"),
        ({ $0.negativePrompt = String(repeating: "x", count: 16385) }, "negative_prompt: 16385 bytes is not text of"),
        ({ $0.count = 0 }, "count: 0 is not a number from 1 to 16"),
        ({ $0.count = 17 }, "count: 17 is not a number from 1 to 16"),
        ({ $0.count = .max }, "count: 9223372036854775807 is not"),
        ({ $0.steps = 151 }, "steps: 151 is not a number from 1 to 150"),
        ({ $0.steps = .min }, "steps: -9223372036854775808 is not"),
        ({ $0.guidanceScale = .nan }, "guidance_scale: nan is not a number from 0.0 to 100.0"),
        ({ $0.guidanceScale = -1 }, "guidance_scale: -1.0 is not"),
        ({ $0.guidanceRescale = 1.5 }, "guidance_rescale: 1.5 is not a number from 0.0 to 1.0"),
        ({ $0.width = 2056 }, "width: 2056 is not a multiple of 8 from 64 to 2048"),
        ({ $0.height = 100 }, "height: 100 is not a multiple of 8"),
        ({ $0.width = .max }, "width: 9223372036854775807 is not"),
        ({ $0.random = "mt19937" }, "random: \"mt19937\" is not one of philox, torch"),
        ({ $0.clipSkip = 0 }, "clip_skip: 0 is not a number from 1 to 12"),
        ({ $0.emphasis = "loud" }, "emphasis: \"loud\" is not one of original, no-norm, ignore, none"),
        ({ $0.tiling = "round" }, "tiling: \"round\" is not one of both, horizontal, vertical"),
        ({ $0.variation = .init(seed: 1, strength: 2) }, "variation.strength: 2.0 is not"),
        ({ $0.seedSize = .init(width: 0, height: 64) }, "seed_size.width: 0 is not"),
        ({ $0.model = "" }, "model: \"\" is not a name of 1 to 256 bytes in one line"),
        ({ $0.model = "a\nb" }, "model: \"a b\" is not a name"),
        ({ $0.vae = String(repeating: "v", count: 257) }, "vae: \"vvvv"),
        ({ $0.sampler = "best" }, "sampler: best is not a sampler"),
        ({ $0.schedule = "none" }, "schedule: none is not a schedule"),
        (
            { $0.loras = (0..<17).map { .init(name: "\($0)") } },
            "loras: 17, those of the prompt included, is not at most 16"
        ),
        (
            {
                $0.loras = (0..<16).map { .init(name: "\($0)") }
                $0.prompt = "<lora:a:1>"
            }, "loras: 17,"
        ),
        (
            {
                $0.loras = [.init(name: "l")]
                $0.loras[0].weight = .infinity
            }, "loras[0].weight: inf is not a number from -10.0 to 10.0"
        ),
        (
            {
                $0.loras = [.init(name: "l")]
                $0.loras[0].textWeight = 11
            }, "loras[0].text_weight: 11.0 is not"
        ),
        (
            {
                $0.image = image()
                $0.image?.strength = 1.01
            }, "image.strength: 1.01 is not a number from 0.0 to 1.0"
        ),
        ({ $0.mask = upload.map { .init($0) } }, "mask: a mask is not possible without a picture to begin with"),
        (
            {
                $0.image = image()
                $0.mask = upload.map { .init($0) }
                $0.hires = hires()
            }, "hires: a second pass is not possible beside a mask"
        ),
        (
            {
                $0.image = image()
                $0.mask = upload.map { .init($0) }
                $0.mask?.padding = 513
            }, "mask.padding: 513 is not a number from 0 to 512"
        ),
        (
            {
                $0.image = image()
                $0.mask = upload.map { .init($0) }
                $0.mask?.blur = 65
            }, "mask.blur: 65.0 is not"
        ),
        ({ $0.controls = Array(repeating: control(), count: 5) }, "controls: 5 is not at most 4"),
        (
            { $0.controls = [control { $0.image = nil }] },
            "controls[0].image is missing; expected an upload, which it needs"
        ),
        (
            { $0.controls = [control { $0.preprocessor = .inpaintOnly }] },
            "controls[0].mask is missing; expected an upload"
        ),
        (
            { $0.controls = [control(), control { $0.weight = 3 }] },
            "controls[1].weight: 3.0 is not a number from 0.0 to 2.0"
        ),
        ({ $0.controls = [control { $0.start = 1 }] }, "controls[0].end: 1.0 is not above its start, 1.0"),
        ({ $0.controls = [control { $0.mode = "loud" }] }, "controls[0].mode: \"loud\" is not one of balanced"),
        ({ $0.controls = [control { $0.resolution = 63 }] }, "controls[0].resolution: 63.0 is not 64 to 2048"),
        (
            {
                $0.controls = [
                    control {
                        $0.preprocessor = .canny
                        $0.thresholdA = 2041
                    }
                ]
            }, "controls[0].threshold_a: 2041.0 is not 0.0 to 2040.0, as canny takes"
        ),
        (
            { $0.imagePrompts = [.init(model: "i", encoder: "e", images: [])] },
            "image_prompts[0].images: an empty list is not at least one"
        ),
        (
            { request in
                request.imagePrompts =
                    upload.map { [.init(model: "i", encoder: "e", images: Array(repeating: $0, count: 9))] } ?? []
            },
            "image_prompts: 9 images is not at most 8"
        ),
        ({ $0.hires = hires { $0.scale = 4.5 } }, "hires.scale: 4.5 is not a number from 1.0 to 4.0"),
        ({ $0.hires = hires { $0.scale = .nan } }, "hires.scale: nan is not"),
        (
            {
                $0.width = 2048
                $0.hires = hires { $0.scale = 2 }
            }, "hires.width: 4096 is not a number from 64 to 2048"
        ),
        ({ $0.hires = hires { $0.width = 512 } }, "hires: one side is not possible without the other"),
        ({ $0.hires = hires { $0.upscaler = "ESRGAN" } }, "hires.upscaler: \"ESRGAN\" is not one of Latent, Lanczos"),
        ({ $0.hires = hires { $0.sampler = "best" } }, "hires.sampler: best is not a sampler"),
        ({ $0.hires = hires { $0.steps = 0 } }, "hires.steps: 0 is not"),
        (
            {
                $0.refiner = .init(model: "r"); $0.refiner?.start = 0
            }, "refiner.start: 0 is not a number above 0"
        ),
        (
            {
                $0.noise = .init(); $0.noise?.churn = 101
            }, "noise.s_churn: 101.0 is not a number from 0.0 to 100.0"
        ),
        (
            {
                $0.conditions = .init(); $0.conditions?.cropTop = -1
            }, "conditions.crop_top: -1 is not"
        ),
        (
            {
                $0.conditions = .init(); $0.conditions?.aestheticScore = 11
            },
            "conditions.aesthetic_score: 11.0 is not a number from 0.0 to 10.0"
        ),
        ({ $0.output.quality = 0 }, "output.quality: 0 is not a number from 1 to 100"),
    ]

    @Test func everyLimitIsNamed() throws {
        for (change, expected) in Self.wrong {
            let found = try message(change) ?? "valid"
            #expect(found.hasPrefix(expected), "\(found)")
        }
    }

    @Test func limitsAreTheServersOwn() throws {
        var limits = RequestLimits()
        limits.count = 1
        limits.pixels = 64 * 64
        #expect(try message({ $0.count = 2 }, limits)?.hasPrefix("count: 2 is not a number from 1 to 1") == true)
        #expect(
            try message(
                {
                    $0.width = 64
                    $0.height = 72
                }, limits) == "width: 64×72 is not a size of at most 4096 pixels")
    }

    @Test func namesBecomeTheEnginesOwn() throws {
        var request = JobRequest("a lake")
        request.sampler = "DPM++ 2M Karras"
        request.hires = Self.hires {
            $0.sampler = "dpmpp_2m"
            $0.schedule = "simple"
            $0.upscaler = "lanczos"
            $0.scale = 1.5
        }
        let valid = try request.validated(against: .init(), vocabulary: smallVocabulary)
        #expect(valid.sampler == "DPM++ 2M" && valid.schedule == "Karras")
        #expect(valid.hires?.sampler == "DPM++ 2M" && valid.hires?.schedule == "Simple")
        #expect(valid.hires?.upscaler == "Lanczos")
        request.schedule = "simple"
        #expect(try request.validated(against: .init(), vocabulary: smallVocabulary).schedule == "Simple")
    }

    @Test func whatIsSaidAndSeedsMayDifferWithinABatch() throws {
        var a = JobRequest("a lake"), b = JobRequest("a hill")
        a.seed = 1
        b.negativePrompt = "fog"
        b.count = 3
        b.output.format = .webp
        b.previews = true
        #expect(a.batchKey == b.batchKey)
        let changes: [Change] = [
            { $0.steps = 3 }, { $0.width = 64 }, { $0.model = "m" }, { $0.sampler = "Euler" }, { $0.guidanceScale = 3 },
            { $0.prompt += " <lora:x:1>" }, { $0.loras = [.init(name: "x")] }, { $0.image = Self.image() },
            { $0.controls = [Self.control()] }, { $0.hires = .init() }, { $0.tiling = "both" },
            { $0.guidanceScale = 1 },
        ]
        for change in changes {
            var other = b
            change(&other)
            #expect(other.batchKey != a.batchKey)
        }
        #expect(a.batchKey != nil)
        // Four images adapted at once are merged where one alone need not be.
        b.prompt += " <lora:x:1>"
        var fewer = b
        fewer.count = 1
        #expect(fewer.batchKey != b.batchKey)
    }

    @Test func everyUploadIsListedOnce() throws {
        let digests = (0..<6).compactMap { BlobDigest(String(repeating: "0\($0)", count: 32)) }
        var request = JobRequest("a lake")
        request.image = .init(digests[0])
        request.mask = .init(digests[1])
        request.controls = [Self.control { $0.image = digests[2] }, Self.control { $0.image = digests[2] }]
        request.controls[1].mask = digests[3]
        request.imagePrompts = [.init(model: "i", encoder: "e", images: [digests[4], digests[5], digests[0]])]
        #expect(request.uploads == Set(digests))
    }
}
