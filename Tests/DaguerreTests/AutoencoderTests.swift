import Daguerre
import TestSupport
import Testing

/// An autoencoder that is given apart: `--vae`.
@Suite struct AutoencoderTests {
    private let options = EngineOptions(precision: .float32, threads: 1)
    private var request: GenerationRequest {
        var request = GenerationRequest("a cat", seed: 5)
        (request.width, request.height, request.steps) = (64, 64, 2)
        return request
    }

    /// Writes the autoencoder of `family` under names without their first `dropped` characters.
    private func write(_ family: String, to path: String, dropping prefix: String) throws {
        let tensors = try SingleFileFixture(family + ".original").tensors.filter { $0.key.hasPrefix("first_stage") }
        try SafetensorsWriter.write(
            tensors.map { (name: String($0.key.dropFirst(prefix.count)), tensor: $0.values) }, to: path)
    }

    @Test func itIsTakenFromAFileInEitherLayoutOrAFolderAndDrawsTheSame() async throws {
        let scratch = try ScratchFolder()
        let (model, folder) = (scratch.path + "/model.safetensors", scratch.path + "/folder")
        try SingleFileFixture("sd1.original").write(to: model)
        _ = try ModelConversion(ModelConversion.open(model), to: .diffusers).write(to: folder)
        // Without an autoencoder of its own, as files are that were stripped of it.
        let bare = scratch.path + "/bare.safetensors"
        try SingleFileFixture("sd1.original").write(to: bare) { !$0.hasPrefix("first_stage_model.") }
        #expect(try !ModelInspection(at: bare).problems.isEmpty)
        try write("sd1", to: scratch.path + "/prefixed.safetensors", dropping: "")
        try write("sd1", to: scratch.path + "/plain.safetensors", dropping: "first_stage_model.")

        let expected = try await Model(at: model, options: options).generate(request)
        for vae in [
            "prefixed.safetensors", "plain.safetensors", "folder", "folder/vae",
            "folder/vae/diffusion_pytorch_model.safetensors", "model.safetensors",
        ] {
            var options = options
            options.autoencoder = scratch.path + "/" + vae
            let found = try await Model(at: bare, options: options).generate(request)
            #expect(found.images[0].pixels == expected.images[0].pixels, "\(vae)")
        }
    }

    @Test func anotherAutoencoderDrawsAnotherPictureOfTheSameLatents() async throws {
        let scratch = try ScratchFolder()
        let model = scratch.path + "/model.safetensors"
        try SingleFileFixture("sd1.original").write(to: model)
        let other = scratch.path + "/other.safetensors"
        let tensors = try SingleFileFixture("sd1.original").tensors.filter { $0.key.hasPrefix("first_stage") }
        try SafetensorsWriter.write(
            tensors.map {
                (name: $0.key, tensor: HostTensor($0.values.floats.map { 0.9 * $0 }, shape: $0.shape))
            }, to: other)
        var options = options
        let expected = try await Model(at: model, options: options).generate(request)
        options.autoencoder = other
        let found = try await Model(at: model, options: options).generate(request)
        #expect(found.latents.floats == expected.latents.floats)
        #expect(found.images[0].pixels != expected.images[0].pixels)
    }

    @Test func whatIsNoAutoencoderIsRefused() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/x.safetensors"
        try SafetensorsWriter.write([("x", HostTensor([1], shape: [1]))], to: path)
        let error = #expect(throws: CheckpointError.self) { try AutoencoderSource(path: path) }
        #expect(error?.description.contains("decoder.conv_in.weight") == true)
        #expect(throws: CheckpointError.self) { try AutoencoderSource(path: scratch.path) }
        #expect(throws: CheckpointError.self) { try AutoencoderSource(path: scratch.path + "/none") }
    }
}
