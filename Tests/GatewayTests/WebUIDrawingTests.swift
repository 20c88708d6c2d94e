import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import Foundation
import GatewaySupport
import Testing

@Suite struct WebUIDrawingTests {
    private func drawn(_ body: [String: Any], at path: String = "txt2img") async throws -> (JobRequest, Data) {
        nonisolated(unsafe) let body = body
        nonisolated(unsafe) var result: (JobRequest, Data)?
        try await CompatibleServer.run { server in
            let answer = try await server.post("/sdapi/v1/" + path, body)
            #expect(answer.status == 200, "\(answer.text.prefix(300))")
            result = (try #require(try await server.requests().last), Data(answer.bytes))
        }
        return try #require(result)
    }

    @Test func everyFieldOfTextToImageComesDownToTheRequest() async throws {
        let (request, _) = try await drawn([
            "prompt": "a cat", "negative_prompt": "a dog", "seed": 7, "subseed": "9", "subseed_strength": 0.25,
            "seed_resize_from_w": 70, "seed_resize_from_h": 64, "sampler_name": "DPM++ 2M Karras", "batch_size": 2,
            "steps": "3", "cfg_scale": 5, "width": 133, "height": 64.0, "tiling": true, "eta": 0.5, "s_churn": 1,
            "s_tmin": 0.1, "s_tmax": 8, "s_noise": 1.1, "refiner_checkpoint": "other model.safetensors [ababababab]",
            "refiner_switch_at": 0.6, "enable_hr": true, "hr_scale": 1.5, "hr_upscaler": "Lanczos",
            "hr_second_pass_steps": 2, "hr_sampler_name": "Euler", "hr_scheduler": "Karras", "denoising_strength": 0.4,
            "override_settings": [
                "sd_model_checkpoint": "other model", "sd_vae": "soft.safetensors", "CLIP_stop_at_last_layers": 2,
                "randn_source": "CPU", "emphasis": "No norm",
            ],
        ])
        var expected = JobRequest("a cat")
        expected.negativePrompt = "a dog"
        expected.seed = 7
        expected.variation = .init(seed: 9, strength: 0.25)
        expected.seedSize = .init(width: 64, height: 64)
        (expected.sampler, expected.schedule) = ("DPM++ 2M", "Karras")
        (expected.count, expected.steps, expected.guidanceScale) = (2, 3, 5)
        (expected.width, expected.height) = (128, 64)
        expected.tiling = "both"
        var noise = JobRequest.Noise()
        (noise.eta, noise.churn, noise.minimumSigma, noise.maximumSigma, noise.scale) = (0.5, 1, 0.1, 8, 1.1)
        expected.noise = noise
        expected.refiner = .init(model: "other model")
        expected.refiner?.start = 0.6
        var hires = JobRequest.Hires()
        (hires.scale, hires.upscaler, hires.steps, hires.strength) = (1.5, "Lanczos", 2, 0.4)
        (hires.sampler, hires.schedule) = ("Euler", "Karras")
        expected.hires = hires
        (expected.model, expected.vae, expected.clipSkip) = ("other model", "soft", 2)
        (expected.random, expected.emphasis) = ("torch", "no-norm")
        expected.previews = true
        #expect(request == expected)
    }

    @Test func whatClientsSendByDefaultChangesNothing() async throws {
        let (request, _) = try await drawn([
            "prompt": "a cat", "styles": [], "seed": -1, "subseed": -1, "subseed_strength": 0, "seed_resize_from_h": 0,
            "seed_resize_from_w": -1, "sampler_index": "Euler", "sampler_name": NSNull(), "scheduler": "automatic",
            "n_iter": 1, "restore_faces": false, "s_churn": 0, "s_tmax": 0, "s_tmin": 0, "s_noise": 1,
            "override_settings": [String: Any](), "script_name": NSNull(), "script_args": [], "enable_hr": false,
            "hr_scale": 2, "hr_upscaler": "Latent", "hr_prompt": "", "refiner_checkpoint": "None",
            "alwayson_scripts": ["ADetailer": ["args": [false]]], "refiner_switch_at": 0.8,
        ])
        var expected = JobRequest("a cat")
        (expected.model, expected.seed) = ("builtin", request.seed)
        expected.sampler = "Euler"
        (expected.random, expected.emphasis, expected.previews) = ("philox", "original", true)
        #expect(request == expected)
        let seed = try #require(request.seed)
        #expect(seed <= UInt64(UInt32.max))
    }

    @Test(arguments: [false, true])
    func batchesGoOnWhereTheSeedsOfTheLastOneEnd(isVaried: Bool) async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.post(
                "/sdapi/v1/txt2img",
                [
                    "prompt": "a", "seed": 5, "batch_size": 2, "n_iter": 3, "subseed": 50,
                    "subseed_strength": isVaried ? 0.5 : 0,
                ])
            let requests = try await server.requests().reversed()
            #expect(requests.map(\.seed) == (isVaried ? [5, 5, 5] : [5, 7, 9]))
            #expect(requests.map { $0.variation?.seed } == (isVaried ? [50, 52, 54] : [nil, nil, nil]))
            #expect((answer.object["images"] as? [String])?.count == 6)
            let info = try #require(
                try JSONSerialization.jsonObject(with: Data((answer.object["info"] as? String ?? "").utf8))
                    as? [String: Any])
            if !isVaried { #expect(info["all_seeds"] as? [Int] == [5, 6, 7, 8, 9, 10]) }
            #expect((info["all_prompts"] as? [String])?.count == 6)
            #expect((info["infotexts"] as? [String])?.count == 6)
            for key in ["job_timestamp", "sd_model_name", "sd_model_hash", "clip_skip", "all_subseeds", "version"] {
                #expect(info[key] != nil, "\(key)")
            }
        }
    }

    @Test func anInfotextFillsWhatTheRequestLeavesOpen() async throws {
        let text = """
            a red apple
            Negative prompt: blue
            Steps: 3, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 4.5, Seed: 99, Size: 64x72, Model: other model, \
            Clip skip: 2, Denoising strength: 0.3, Hires upscale: 2, Hires upscaler: Latent
            """
        let (request, _) = try await drawn(["infotext": text, "steps": 2, "negative_prompt": "green"])
        #expect(request.prompt == "a red apple" && request.negativePrompt == "green")
        #expect(request.steps == 2 && request.guidanceScale == 4.5 && request.seed == 99)
        #expect((request.sampler, request.schedule) == ("DPM++ 2M", "Karras"))
        #expect((request.width, request.height) == (64, 72))
        #expect(request.model == "other model" && request.clipSkip == 2)
        #expect(request.hires?.scale == 2 && request.hires?.strength == 0.3 && request.hires?.upscaler == "Latent")
    }

    @Test func picturesAndMasksAreTakenIn() async throws {
        let picture = Image(width: 80, height: 64, filledWith: [200, 10, 10])
        // Transparent, but for the right half.
        let mask = Image(
            width: 40, height: 32, channels: .rgba,
            pixels: (0..<40 * 32).flatMap { [9, 9, 9, $0 % 40 < 20 ? 0 : 255] as [UInt8] })
        try await CompatibleServer.run { server in
            let answer = try await server.post(
                "/sdapi/v1/img2img",
                [
                    "prompt": "a", "init_images": ["data:image/png;base64," + (try base64(picture))],
                    "mask": try base64(mask),
                    "denoising_strength": 0.6, "resize_mode": 2, "mask_blur_x": 2, "mask_blur_y": 4,
                    "inpainting_fill": 2,
                    "inpaint_full_res": 1, "inpaint_full_res_padding": 16, "inpainting_mask_invert": 1,
                ])
            #expect(answer.status == 200, "\(answer.text.prefix(300))")
            let request = try #require(try await server.requests().first)
            #expect(request.image?.strength == 0.6 && request.image?.resizeMode == .fill)
            #expect((request.width, request.height) == (80, 64), "those of the picture, unless said otherwise")
            #expect(request.mask?.blur == 3 && request.mask?.content == .latentNoise)
            #expect(request.mask?.padding == 16 && request.mask?.isInverted == true)
            #expect(try await server.upload(request.image?.upload) == picture)
            let cover = try await server.upload(request.mask?.upload).converted(to: .grey)
            #expect((cover.width, cover.height) == (80, 64), "brought to the picture's size")
            #expect(cover[0, 0].first == 0 && cover[79, 63].first == 255, "what is opaque is to change")
        }
    }

    @Test func severalPicturesAreBatchesOfTheirOwn() async throws {
        try await CompatibleServer.run { server in
            let pictures = try [10, 20].map { try base64(Image(width: 64, height: 64, filledWith: [$0, 0, 0])) }
            _ = try await server.post("/sdapi/v1/img2img", ["prompt": "a", "seed": 3, "init_images": pictures])
            let requests = try await server.requests().reversed()
            #expect(requests.map(\.seed) == [3, 4])
            #expect(Set(requests.map(\.image?.upload)).count == 2)
        }
    }

    @Test func controlsAreReadInEveryWayThatClientsWriteThem() async throws {
        let picture = try base64(Image(width: 64, height: 64, filledWith: [0, 0, 0]))
        let (request, _) = try await drawn([
            "prompt": "a",
            "alwayson_scripts": [
                "ControlNET": [
                    "args": [
                        [
                            "model": "edges [deadbeef]", "module": "canny", "image": picture, "weight": 0.5,
                            "resize_mode": "Resize and Fill", "control_mode": "ControlNet is more important",
                            "processor_res": 256, "threshold_a": 64, "threshold_b": 9000, "guidance_start": 0.1,
                            "guidance_end": 0.9, "lowvram": true, "hr_option": "Both", "save_detected_map": false,
                        ],
                        [
                            "model": "edges", "module": "invert (from white bg & black line)", "resize_mode": 0,
                            "control_mode": 1, "input_image": "data:image/png;base64," + picture, "guidance": 0.7,
                            "pixel_perfect": true, "processor_res": 512,
                        ],
                        [
                            "model": "edges", "image": ["image": picture, "mask": picture],
                            "resize_mode": "Scale to Fit (Inner Fit)",
                        ],
                        ["model": "None", "module": "canny", "image": picture],
                        ["model": "edges", "enabled": false],
                    ]
                ]
            ],
        ])
        #expect(request.controls.count == 3)
        let (first, second, third) = (request.controls[0], request.controls[1], request.controls[2])
        #expect(first.model == "edges" && first.preprocessor == .canny && first.weight == 0.5)
        #expect((first.resizeMode, first.mode) == (.fill, "control"))
        #expect(first.resolution == 256 && first.thresholdA == 64)
        #expect(first.thresholdB == nil, "out of range, so the preprocessor's own")
        #expect((first.start, first.end, first.returnsMap) == (0.1, 0.9, false))
        #expect((second.preprocessor, second.resizeMode, second.mode) == (.invert, .stretch, "prompt"))
        #expect((second.end, second.returnsMap) == (0.7, true) && second.image != nil)
        #expect(second.resolution == nil)
        #expect(third.resizeMode == .crop && third.mask != nil && third.preprocessor == .none)
    }

    @Test func whatIsIgnoredIsNamed() async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.post(
                "/sdapi/v1/txt2img",
                [
                    "prompt": "a", "restore_faces": true, "styles": ["x"], "made\r\nup: 1": 2,
                    "alwayson_scripts": ["ADetailer": ["args": [["ad_model": "x"]]]],
                    "override_settings": ["unknown": 1],
                    "nothing": NSNull(),
                ])
            #expect(answer.status == 200)
            let ignored = answer.header("X-Daguerre-Ignored")
            #expect(ignored == "alwayson_scripts.ADetailer, madeup1, override_settings.unknown, restore_faces, styles")
            #expect(answer.header("Warning")?.hasPrefix("299") == true)
        }
    }

    @Test(arguments: [
        ("sampler_name", "Nonesuch"), ("scheduler", "Nonesuch"), ("script_name", "xyz plot"), ("steps", "many"),
        ("width", "-8"), ("n_iter", "1000"), ("cfg_scale", "nan"), ("refiner_checkpoint", "nonesuch"), ("seed", "x"),
        ("tiling", "perhaps"), ("override_settings", "x"), ("alwayson_scripts", "x"), ("eta", "inf"), ("prompt", "[]"),
    ])
    func whatCannotBeIsRefusedByItsField(field: String, value: String) async throws {
        try await CompatibleServer.run { server in
            var body: [String: Any] = ["prompt": "a"]
            body[field] = value == "[]" ? [] as [Any] : value
            let answer = try await server.post("/sdapi/v1/txt2img", body)
            #expect(answer.status == 422)
            #expect(Set(answer.object.keys) == ["error", "detail", "body", "errors"])
            #expect((answer.object["detail"] as? String)?.contains(field) == true, "\(answer.text)")
            #expect(try await server.requests().isEmpty)
        }
    }

    @Test(arguments: [
        "", "no base64 at all!", "data:image/png;base64,", "data:image/png,AAAA", "data:", "AAAA", "http://a.b/c.png",
        "https://169.254.169.254/", "file:///etc/passwd", String(repeating: "A", count: 45_000_000),
    ])
    func whatIsNoPictureIsRefused(text: String) async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.post("/sdapi/v1/img2img", ["prompt": "a", "init_images": [text]])
            #expect(answer.status == 422, "\(answer.text.prefix(200))")
            #expect((answer.object["detail"] as? String)?.hasPrefix("init_images[0]") == true)
            #expect(try await server.requests().isEmpty)
        }
    }

    @Test(arguments: [
        "[]", "1", "null", "\"a\"", "{", "", "{\"prompt\": \"\u{0}", String(repeating: "[", count: 100_000),
    ])
    func bodiesThatAreNoObjectsAreRefused(body: String) async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.send("/sdapi/v1/img2img", Array(body.utf8))
            #expect([400, 422].contains(answer.status), "\(answer.text.prefix(200))")
            #expect(Set(answer.object.keys) == ["error", "detail", "body", "errors"])
        }
    }
}
