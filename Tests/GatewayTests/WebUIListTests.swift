import DaguerreImaging
import DaguerrePixels
import Foundation
import GatewaySupport
import Testing

@Suite struct WebUIListTests {
    @Test(arguments: [
        "sdapi/v1/progress", "sdapi/v1/options", "sdapi/v1/cmd-flags", "sdapi/v1/samplers", "sdapi/v1/schedulers",
        "sdapi/v1/upscalers", "sdapi/v1/latent-upscale-modes", "sdapi/v1/sd-models", "sdapi/v1/sd-vae",
        "sdapi/v1/sd-modules", "sdapi/v1/loras", "sdapi/v1/embeddings", "sdapi/v1/prompt-styles", "sdapi/v1/scripts",
        "sdapi/v1/script-info", "sdapi/v1/memory", "sdapi/v1/face-restorers", "sdapi/v1/hypernetworks",
        "sdapi/v1/realesrgan-models", "internal/ping", "controlnet/version", "controlnet/model_list",
        "controlnet/module_list", "controlnet/control_types", "controlnet/settings",
    ])
    func everythingIsListed(path: String) async throws {
        try await CompatibleServer.run(keys: FixedKeys()) { server in
            #expect(try await server.get("/" + path).status == 401)
            let answer = try await server.get("/" + path, key: "sd_anna")
            #expect(answer.status == 200 && answer.value != nil, "\(answer.text)")
            #expect(!answer.text.contains("/models/"), "no path is told")
        }
    }

    @Test func modelsHaveTitlesThatRequestsCanName() async throws {
        try await CompatibleServer.run { server in
            let models = try #require(try await server.get("/sdapi/v1/sd-models").value as? [[String: Any]])
            #expect(models.map { $0["title"] as? String } == ["builtin", "other model.safetensors [ababababab]"])
            #expect(models[1]["model_name"] as? String == "other model" && models[1]["hash"] as? String == "ababababab")
            for name in [
                "other model.safetensors [ababababab]", "other model.safetensors", "Other Model", "abababababab",
            ] {
                #expect(
                    try await server.post("/sdapi/v1/options", ["sd_model_checkpoint": name]).status == 200, "\(name)")
            }
            for name in ["../other model", "other", "abab", "/models/other", "builtin [", "] ["] {
                #expect(
                    try await server.post("/sdapi/v1/options", ["sd_model_checkpoint": name]).status == 422, "\(name)")
            }
        }
    }

    @Test func lookingForModelsAgainTakesItsScope() async throws {
        try await CompatibleServer.run(keys: FixedKeys()) { server in
            for kind in ["checkpoints", "loras", "embeddings", "vae"] {
                let refused = try await server.post("/sdapi/v1/refresh-\(kind)", [:], key: "sd_anna")
                let allowed = try await server.post("/sdapi/v1/refresh-\(kind)", [:], key: "sd_mona")
                #expect(refused.status == 403)
                #expect(allowed.text == "null")
            }
        }
    }

    /// What the list says a preprocessor can be told, it can, and nothing beyond.
    @Test func thresholdsThatAreListedAreThoseOfThePreprocessors() async throws {
        try await CompatibleServer.run { server in
            let detail = try #require(
                try await server.get("/controlnet/module_list").object["module_detail"] as? [String: [String: Any]])
            #expect(detail.count == Preprocessor.allCases.count)
            let picture = Image(width: 16, height: 16, filledWith: [50, 60, 70])
            let mask = Image(width: 16, height: 16, channels: .grey, filledWith: [255])
            for (name, entry) in detail {
                let module = try Preprocessor.parse(name)
                let sliders = (entry["sliders"] as? [Any] ?? []).map { $0 as? [String: Any] }
                for (index, slider) in sliders.enumerated() {
                    guard let low = slider?["min"] as? Double, let high = slider?["max"] as? Double else { continue }
                    func fits(_ value: Double) -> Bool {
                        var settings = PreprocessorSettings()
                        switch index {
                        case 0: settings.resolution = Int(value)
                        case 1: settings.thresholdA = value
                        default: settings.thresholdB = value
                        }
                        return (try? module.map(of: picture, mask: mask, width: 16, height: 16, settings: settings))
                            != nil
                    }
                    #expect(fits(low) && fits(high), "\(name) \(index)")
                    #expect(!fits(low - 1) && !fits(high + 1), "\(name) \(index)")
                }
            }
        }
    }

    @Test func aPreprocessorRunsByItself() async throws {
        try await CompatibleServer.run { server in
            let picture = Image(width: 32, height: 16, filledWith: [255, 255, 255])
            for field in ["controlnet_input_images", "controlnet_images"] {
                let answer = try await server.post(
                    "/controlnet/detect", ["controlnet_module": "invert", field: [try base64(picture)]])
                let images = try #require(answer.object["images"] as? [String], "\(answer.text)")
                let map = try ImageFile.decode([UInt8](Data(base64Encoded: images[0]) ?? Data())).image
                #expect(map.converted(to: .rgb) == Image(width: 32, height: 16, filledWith: [0, 0, 0]))
            }
            for body: [String: Any] in [
                ["controlnet_module": "openpose", "controlnet_input_images": [try base64(picture)]],
                ["controlnet_module": "canny"], ["controlnet_module": "canny", "controlnet_input_images": []],
                ["controlnet_module": "canny", "controlnet_input_images": ["AAAA"]],
                ["controlnet_module": "inpaint_only", "controlnet_input_images": [try base64(picture)]],
            ] { #expect(try await server.post("/controlnet/detect", body).status == 422) }
        }
    }
}
