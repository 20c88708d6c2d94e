import DaguerreCheckpoints
import DaguerreTensors
import Glibc
import TestSupport
import Testing

/// Oracle: diffusers 0.42.1 `loaders/single_file_utils.py`; fixtures: scripts/fixtures/single_files.py.
@Suite struct SingleFileModelTests {
    static let families = ["sd1", "sd1-inpainting", "sd2", "sdxl", "sdxl-refiner"]
    private static let vocabulary = VocabularyFiles(vocabulary: [1], merges: [2])

    private func open(
        _ name: String, metadata: [String: String] = [:], prediction: SingleFilePrediction.Kind? = nil,
        without isLeftOut: (String) -> Bool = { _ in false }, adding extra: [(String, [UInt8])] = []
    ) throws -> SingleFileModel {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.safetensors"
        try SingleFileFixture(name + ".original").write(to: path, metadata: metadata) { !isLeftOut($0) }
        for (file, bytes) in extra { try folder.write(file, bytes) }
        return try SingleFileModel(path: path, vocabulary: Self.vocabulary, prediction: prediction, mapping: .read)
    }

    @Test(arguments: families)
    func everyTensorIsBitForBitWhatDiffusersMakesOfIt(name: String) throws {
        let model = try open(name)
        let expected = try SingleFileFixture(name + ".diffusers").tensors
        var keys: [String: Set<String>] = [:]
        for tensor in expected {
            let parts = tensor.key.split(separator: "/", maxSplits: 1).map(String.init)
            keys[parts[0], default: []].insert(parts[1])
            let store = try model.weights(of: parts[0])
            let found = try #require(store[parts[1]], "\(tensor.key)")
            let entry = try #require(store.entry(parts[1]))
            #expect(found.shape == tensor.shape && found.elementType == tensor.elementType, "\(tensor.key)")
            #expect(entry.shape == found.shape && entry.elementType == found.elementType, "\(tensor.key)")
            var digest = SHA256()
            found.withUnsafeBytes { digest.update($0) }
            #expect(String(digest.hexadecimal().prefix(16)) == tensor.digest, "\(tensor.key)")
        }
        for (component, expected) in keys {
            #expect(Set(try model.weights(of: component).keys) == expected, "\(component)")
        }
    }

    @Test func onlyTransposedMatricesAreCopied() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.safetensors"
        try SingleFileFixture("sdxl.original").write(to: path)
        let file = try SafetensorsFile(path: path)
        let model = try SingleFileModel(file, vocabulary: Self.vocabulary)
        func address(_ tensor: HostTensor?) -> UnsafeRawPointer? { tensor?.withUnsafeBytes { $0.baseAddress } }
        let joined = try #require(file["conditioner.embedders.1.model.transformer.resblocks.1.attn.in_proj_weight"])
        let text = try model.weights(of: "text_encoder_2", base: "model")
        let key = try #require(text["text_model.encoder.layers.1.self_attn.k_proj.weight"])
        #expect(key.shape == [64, 64] && joined.shape == [192, 64])
        #expect(address(key) == address(joined).map { $0 + 64 * 64 * 4 })
        let plain = try #require(try model.weights(of: "unet")["conv_in.weight"])
        #expect(address(plain) == address(file["model.diffusion_model.input_blocks.0.0.weight"]))
        let projection = try #require(text["text_projection.weight"])
        let original = try #require(file["conditioner.embedders.1.model.text_projection"])
        #expect(projection.shape == [56, 64] && original.shape == [64, 56])
        #expect(projection.floats[3 * 64 + 5] == original.floats[5 * 56 + 3])
    }

    @Test(arguments: [
        ("sd1", "StableDiffusionPipeline", "epsilon", "PNDMScheduler"),
        ("sd1-inpainting", "StableDiffusionInpaintPipeline", "epsilon", "PNDMScheduler"),
        ("sd2", "StableDiffusionPipeline", "v_prediction", "DDIMScheduler"),
        ("sdxl", "StableDiffusionXLPipeline", "epsilon", "EulerDiscreteScheduler"),
        ("sdxl-refiner", "StableDiffusionXLImg2ImgPipeline", "epsilon", "EulerDiscreteScheduler"),
    ])
    func theFamilyIsFoundByItsTensors(name: String, pipeline: String, prediction: String, scheduler: String) throws {
        let model = try open(name)
        let index = try ModelIndex(of: model)
        #expect(index.className == pipeline && index.components["scheduler"]?.className == scheduler)
        let text = try #require(try model.bytes("scheduler/scheduler_config.json"))
        #expect(try JSONText.parse(text)["prediction_type"] == .string(prediction))
        #expect(try JSONText.parse(text)["beta_start"] == .number("0.00085"))
    }

    @Test func whatTheUserSaysGoesBeforeTensorsBeforeMetadataBeforeTheYamlBeforeTheFamily() throws {
        func type(
            _ name: String, _ metadata: [String: String] = [:], _ asked: SingleFilePrediction.Kind? = nil,
            yaml: String? = nil
        ) throws -> SingleFilePrediction {
            try open(
                name, metadata: metadata, prediction: asked,
                adding: yaml.map { [("model.yaml", Array($0.utf8))] } ?? []
            ).prediction
        }
        let epsilon = ["modelspec.prediction_type": "epsilon"]
        let yaml = "model:\n  params:\n    parameterization: \"v\"\n"
        #expect(try type("sd1").type == .epsilon && type("sd2").type == .velocity)
        #expect(try type("sd1", yaml: yaml).type == .velocity)
        #expect(try type("sd1", yaml: "parameterization: eps").type == .epsilon)
        #expect(try type("sd1", epsilon, yaml: yaml).type == .epsilon)
        #expect(try type("sd2", epsilon).type == .epsilon)
        #expect(try type("sd2", ["modelspec.architecture": "stable-diffusion-v2-512"]).type == .epsilon)
        #expect(try type("sd2", epsilon, .velocity).type == .velocity)
        #expect(try type("sdxl", [:], .velocity).source == "asked for")
    }

    @Test func markerTensorsTellVelocityAndZeroSNR() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.safetensors"
        let fixture = try SingleFileFixture("sdxl.original")
        let marker = HostTensor([], shape: [0])
        try SafetensorsWriter.write(
            fixture.tensors.map { (name: $0.key, tensor: $0.values) } + [("v_pred", marker), ("ztsnr", marker)],
            metadata: ["modelspec.prediction_type": "epsilon"], to: path)
        let model = try SingleFileModel(path: path, vocabulary: Self.vocabulary)
        #expect(model.prediction.type == .velocity && model.prediction.hasZeroSNR)
        let text = try JSONText.parse(try #require(try model.bytes("scheduler/scheduler_config.json")))
        #expect(text["rescale_betas_zero_snr"] == .bool(true) && text["timestep_spacing"] == .string("trailing"))
        #expect(text["prediction_type"] == .string("v_prediction"))
    }

    @Test func aFileWrittenBackFromAFolderKeepsItsLastBlock() throws {
        // Without the projection the file never had the block that Stable Diffusion 2 leaves out.
        let model = try open("sd2") { $0.hasSuffix("text_projection") || $0.contains("resblocks.2.") }
        let text = try JSONText.parse(try #require(try model.bytes("text_encoder/config.json")))
        #expect(text["num_hidden_layers"] == .integer(2))
        #expect(text["hidden_act"] == .string("gelu"))
    }

    @Test func theResolutionOfTheModelSpecIsTheSize() throws {
        for (resolution, expected) in [("768x768", 96), ("768x512", 64), ("-8x-8", 64), ("", 64), ("7x7x7", 64)] {
            let model = try open("sd1", metadata: ["modelspec.resolution": resolution])
            let text = try JSONText.parse(try #require(try model.bytes("unet/config.json")))
            #expect(text["sample_size"] == .integer(expected), "\(resolution)")
        }
    }

    @Test func otherModelsAreRefusedByName() throws {
        func refusal(_ keys: [String], shape: String = "[1,4,1,1]") throws -> String {
            let size = 4
            let header =
                "{"
                + keys.enumerated().map { entry($1, "U8", shape, $0 * size, $0 * size + size) }.joined(separator: ",")
                + "}"
            let bytes = safetensorsBytes(header, [UInt8](repeating: 0, count: keys.count * size))
            let file = try SafetensorsFile(name: "m.safetensors", bytes: HostBytes(copying: bytes))
            let error = #expect(throws: CheckpointError.self) {
                try SingleFileModel(file, vocabulary: Self.vocabulary)
            }
            let text = error?.description ?? ""
            #expect(!text.contains("\n") && text.hasPrefix("m.safetensors: not a checkpoint that can be read: "))
            return text
        }
        #expect(try refusal(["model.diffusion_model.joint_blocks.0.x"]).contains("Stable Diffusion 3"))
        #expect(try refusal(["double_blocks.0.x"]).contains("Flux"))
        #expect(try refusal(["lora_unet_x.lora_down.weight"]).contains("a LoRA"))
        #expect(try refusal(["edm_mean"]).contains("EDM"))
        #expect(try refusal(["x"]).contains("another model"))
        let unet = "model.diffusion_model."
        #expect(try refusal([unet + "input_blocks.0.0.weight"]).contains("out.2.weight"))
        let ends = [unet + "input_blocks.0.0.weight", unet + "out.2.weight"]
        #expect(try refusal(ends).contains("level without layers"))
        #expect(try refusal(ends, shape: "[4]").contains("[4]"))
        #expect(try refusal(ends, shape: "[4,1]").contains("[4, 1]"))
    }

    @Test(arguments: families)
    func aFileCutToAnyOfItsTensorsIsReadOrRefused(name: String) throws {
        let fixture = try SingleFileFixture(name + ".original")
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.safetensors"
        for part in 0..<12 {
            // Every twelfth tensor is missing, and every tenth has another shape.
            let tensors = fixture.tensors.enumerated().filter {
                $0.offset % 12 != part && $0.element.byteCount < 1 << 16
            }
            .map { index, tensor in
                (
                    name: tensor.key,
                    tensor: index % 10 == part % 10
                        ? HostTensor([0, 1, 2, 3, 4, 5], shape: [3, 2, 1]) : tensor.values
                )
            }
            try SafetensorsWriter.write(tensors, to: path)
            do {
                let model = try SingleFileModel(path: path, vocabulary: Self.vocabulary)
                for component in ["unet", "vae", "text_encoder", "text_encoder_2"] {
                    guard let store = try? model.weights(of: component) else { continue }
                    for key in store.keys { #expect(store[key]?.shape == store.entry(key)?.shape) }
                }
            } catch {
                #expect(!error.description.contains("\n"))
            }
        }
    }
}
