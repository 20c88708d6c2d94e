import Daguerre
import DaguerreJobs
import DaguerreRegistry
import DaguerreWorker
import Foundation
import TestSupport
import Testing

/// What lies in the models folder now is what is drawn with, also where the new file is as large as the old.
@Suite struct ReplacedFileTests {
    /// A bench with a model and one thing of each kind that can be used with it.
    private func bench() throws -> Bench {
        let bench = try Bench()
        try bench.copy("pipelines/tiny", to: "checkpoints/tiny")
        try bench.copy("pipelines/tiny/vae", to: "vae/soft")
        try bench.copy("pipelines/controls/controlnet", to: "controlnet/lines")
        try bench.copy("pipelines/controls/ip-adapter/ip-adapter.safetensors", to: "ip-adapter/face.safetensors")
        try bench.copy("pictures/vision-a", to: "clip-vision/eye")
        let name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
        let values = (0..<32).map { Float($0 % 7) - 3 }
        try bench.write(
            [
                (name + ".lora_down.weight", HostTensor(values, shape: [2, 16])),
                (name + ".lora_up.weight", HostTensor(values, shape: [16, 2])),
            ], to: "loras/ink.safetensors")
        try bench.write(
            [("emb_params", HostTensor((0..<32).map { Float($0) / 8 - 1 }, shape: [2, 16]))],
            to: "embeddings/tower.safetensors")
        return bench
    }

    /// Writes `file` anew with its numbers changed.
    ///
    /// - Returns: its size.
    private func rewrite(_ file: String, in bench: Bench, _ change: (Float) -> Float) throws -> Int {
        let path = bench.models.path + "/" + file
        let old = try SafetensorsFile(path: path, mapping: .read)
        let tensors = try old.entries.map { entry in
            let tensor = try #require(old[entry.key])
            return (name: entry.key, tensor: HostTensor(tensor.floats.map(change), shape: tensor.shape))
        }
        try SafetensorsWriter.write(tensors, to: path)
        return try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    @Test(arguments: [
        "checkpoints/tiny/unet/diffusion_pytorch_model.safetensors", "vae/soft/diffusion_pytorch_model.safetensors",
        "controlnet/lines/diffusion_pytorch_model.safetensors", "ip-adapter/face.safetensors",
        "clip-vision/eye/model.safetensors", "loras/ink.safetensors", "embeddings/tower.safetensors",
    ])
    func aFileThatWasReplacedByOneOfItsSizeIsReadAgain(file: String) async throws {
        let bench = try bench()
        let size = try rewrite(file, in: bench) { $0 }
        let runner = try await bench.runner()
        let picture = try await bench.upload(.pattern(64, 64))
        var request = Bench.request("a tower")
        request.model = "tiny"
        request.vae = "soft"
        request.loras = [.init(name: "ink")]
        request.controls = [.init(model: "lines")]
        request.controls[0].image = picture
        request.imagePrompts = [.init(model: "face", encoder: "eye", images: [picture])]
        let before = try await bench.images(request, on: runner).map(\.1)
        #expect(try await bench.images(request, on: runner).map(\.1) == before)
        #expect(try rewrite(file, in: bench) { $0 * -1.5 + 0.01 } == size)
        let after = try await bench.images(request, on: runner).map(\.1)
        #expect(after.count == 1 && after != before)
        #expect(try await bench.images(request).map(\.1) == after)
        // The old model is not kept beside the new one.
        #expect(await runner.residentModels == ["tiny"])
    }
}
