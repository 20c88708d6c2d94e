import Daguerre
import Glibc
import TestSupport
import Testing

/// Layouts and types into one another; fixtures: scripts/fixtures/single_files.py.
@Suite struct ModelConversionTests {
    /// A scratch folder with the fixture as `model.safetensors`.
    private func scratch(_ name: String, metadata: [String: String] = [:]) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try SingleFileFixture(name + ".original").write(to: folder.path + "/model.safetensors", metadata: metadata)
        return folder
    }

    private func convert(
        _ input: String, _ output: String, to layout: ModelConversion.Layout, as type: ElementType? = nil,
        prediction: SingleFilePrediction.Kind? = nil
    ) throws -> ModelConversion.Result {
        try ModelConversion(ModelConversion.open(input), to: layout, as: type, prediction: prediction)
            .write(to: output)
    }

    private func contents(_ path: String) throws -> [UInt8] {
        try HostBytes(path: path).withUnsafeBytes { Array($0) }
    }

    private func expectSame(_ found: HostTensor?, _ expected: HostTensor?, _ key: String) {
        guard let found, let expected else {
            Issue.record("\(key) is missing")
            return
        }
        let isSame = found.withUnsafeBytes { a in expected.withUnsafeBytes { b in a.elementsEqual(b) } }
        #expect(
            found.shape == expected.shape && found.elementType == expected.elementType && isSame, "\(key)")
    }

    @Test(arguments: ["sd1", "sd2", "sdxl", "sdxl-refiner"])
    func aFileAndTheFolderMadeOfItDrawBitForBitTheSame(name: String) async throws {
        let scratch = try scratch(name)
        let (file, folder) = (scratch.path + "/model.safetensors", scratch.path + "/folder")
        let result = try convert(file, folder, to: .diffusers)
        #expect(result.overflowCount == 0 && result.tensorCount > 0)
        var request = GenerationRequest("a red apple on a table", seed: 3)
        (request.width, request.height, request.steps) = (64, 48, 3)
        let options = EngineOptions(precision: .float32, threads: 1)
        let first = try await Model(at: file, options: options).generate(request)
        let second = try await Model(at: folder, options: options).generate(request)
        #expect(first.images[0].pixels == second.images[0].pixels)
        expectSame(first.latents, second.latents, "latents")
        #expect(first.latents.floats.allSatisfy(\.isFinite) && Set(first.latents.floats).count > 100)
    }

    @Test(arguments: ["sd1", "sd1-inpainting", "sd2", "sdxl", "sdxl-refiner"])
    func thereAndBackIsExact(name: String) throws {
        let scratch = try scratch(name, metadata: ["modelspec.title": "Ours", "modelspec.resolution": "640x640"])
        let file = scratch.path + "/model.safetensors"
        _ = try convert(file, scratch.path + "/a", to: .diffusers)
        _ = try convert(scratch.path + "/a", scratch.path + "/b.safetensors", to: .ldm)
        _ = try convert(scratch.path + "/b.safetensors", scratch.path + "/c", to: .diffusers)

        // Each tensor of the file that is written back is the first one's, byte for byte.
        let (original, back) = (
            try SafetensorsFile(path: file), try SafetensorsFile(path: scratch.path + "/b.safetensors")
        )
        for entry in back.entries { expectSame(back[entry.key], original[entry.key], entry.key) }
        #expect(back.metadata["modelspec.title"] == "Ours" && back.metadata["modelspec.resolution"] == "640x640")
        // What is not written back has no use: what training left, and what Stable Diffusion 2 leaves out.
        let lost = original.entries.map(\.key).filter { back.entry($0) == nil }
        let isUseless = { (key: String) in
            key.hasPrefix("model_ema") || ["betas", "alphas_cumprod"].contains(key) || key.hasSuffix("logit_scale")
                || name == "sd2" && (key.hasSuffix("text_projection") || key.contains("resblocks.2."))
        }
        #expect(lost.allSatisfy(isUseless), "\(lost.filter { !isUseless($0) })")

        // And the folder that is made of that is the first folder, file for file.
        let (a, c) = (try DiskModelFolder(path: scratch.path + "/a"), try DiskModelFolder(path: scratch.path + "/c"))
        #expect(try a.sizes().keys.sorted() == c.sizes().keys.sorted())
        for path in try a.sizes().keys {
            if path.hasSuffix(".safetensors") {
                let (one, other) = (try a.safetensors(path), try c.safetensors(path))
                #expect(one.entries.map(\.key) == other.entries.map(\.key))
                for entry in one.entries { expectSame(other[entry.key], one[entry.key], entry.key) }
            } else {
                #expect(try a.bytes(path) == c.bytes(path), "\(path)")
            }
        }
    }

    @Test func aFileOfAnyTensorsKeepsItsNamesAndMetadata() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/lora.safetensors"
        try SafetensorsWriter.write(
            [
                ("lora_unet_a.lora_down.weight", HostTensor([1, -2.5, 3e-8, 65504], shape: [2, 2])),
                ("lora_unet_a.alpha", HostTensor([4], shape: [])),
            ], metadata: ["ss_network_dim": "2"], to: path)
        _ = try convert(path, scratch.path + "/same.safetensors", to: .ldm)
        #expect(try contents(scratch.path + "/same.safetensors").count == contents(path).count)
        let half = try convert(path, scratch.path + "/half.safetensors", to: .ldm, as: .float16)
        #expect(half.overflowCount == 0 && half.tensorCount == 2)
        let file = try SafetensorsFile(path: scratch.path + "/half.safetensors")
        #expect(file.metadata == ["ss_network_dim": "2"])
        #expect(file["lora_unet_a.lora_down.weight"]?.elementType == .float16)
        #expect(file["lora_unet_a.lora_down.weight"]?.floats == [1, -2.5, 0x1p-24, 65504])
    }

    @Test func numbersThatAreTooLargeAreCounted() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/x.safetensors"
        try SafetensorsWriter.write(
            [("x", HostTensor([65519, 65520, -1e9, .infinity, .nan], shape: [5]))], to: path)
        let half = try convert(path, scratch.path + "/half.safetensors", to: .ldm, as: .float16)
        #expect(half.overflowCount == 2)
        let brain = try convert(path, scratch.path + "/brain.safetensors", to: .ldm, as: .bfloat16)
        #expect(brain.overflowCount == 0 && brain.byteCount == 10)
    }

    @Test func everyNumberOfAFolderTakesTheTypeAskedFor() throws {
        let scratch = try scratch("sdxl")
        _ = try convert(scratch.path + "/model.safetensors", scratch.path + "/a", to: .diffusers, as: .bfloat16)
        let inspection = try ModelInspection(at: scratch.path + "/a")
        #expect(inspection.problems == [])
        for component in inspection.components {
            #expect(
                component.parameterCounts.keys.allSatisfy { [.bfloat16, .int64].contains($0) }, "\(component.name)")
        }
    }

    @Test func whatTheDenoiserPredictsSurvives() throws {
        let scratch = try scratch("sd2")
        let file = scratch.path + "/model.safetensors"
        _ = try convert(file, scratch.path + "/a", to: .diffusers, prediction: .epsilon)
        #expect(try ModelInspection(at: scratch.path + "/a").sampler?.predictionType == .epsilon)
        _ = try convert(scratch.path + "/a", scratch.path + "/b.safetensors", to: .ldm)
        let back = try ModelInspection(at: scratch.path + "/b.safetensors")
        #expect(back.sampler?.predictionType == .epsilon && back.width == 512)
        #expect(back.predictionSource == "metadata modelspec.prediction_type")
        let asked = try ModelInspection(at: scratch.path + "/a", options: EngineOptions(prediction: .velocity))
        #expect(asked.sampler?.predictionType == .vPrediction)
    }

    @Test func aFolderThatTheLayoutCannotSayIsRefusedAndNothingIsLeft() throws {
        let scratch = try scratch("sd1")
        _ = try convert(scratch.path + "/model.safetensors", scratch.path + "/a", to: .diffusers)
        let config = scratch.path + "/a/unet/config.json"
        let text = String(decoding: try contents(config), as: UTF8.self)
        try AtomicFile.write(
            Array(text.replacing("\"norm_num_groups\": 32", with: "\"norm_num_groups\": 16").utf8), to: config,
            replacing: true)
        let error = #expect(throws: CheckpointError.self) {
            try convert(scratch.path + "/a", scratch.path + "/b.safetensors", to: .ldm)
        }
        #expect(error?.description.contains("norm_num_groups 16") == true)
        #expect(names(scratch.path) == ["a", "model.safetensors"])
    }

    @Test func anInterruptionAndATakenNameLeaveNothing() throws {
        let scratch = try scratch("sd1")
        let file = scratch.path + "/model.safetensors"
        for layout in ModelConversion.Layout.allCases {
            #expect(throws: CheckpointError.self) {
                try ModelConversion(ModelConversion.open(file), to: layout)
                    .write(to: scratch.path + "/out") { written, _ in written < 100_000 }
            }
            #expect(names(scratch.path) == ["model.safetensors"])
            #expect(throws: CheckpointError.self) { try convert(file, file, to: layout) }
        }
        #expect(throws: CheckpointError.self) {
            try convert(scratch.path + "/missing", scratch.path + "/out", to: .diffusers)
        }
    }

    private func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let next = readdir(directory) {
            names.append(
                withUnsafeBytes(of: &next.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }
}
