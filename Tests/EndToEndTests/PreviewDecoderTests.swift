import DaguerreImaging
import DaguerrePixels
import Foundation
import TestSupport
import Testing

/// Previews that a server decodes.
///
/// The decoder is of random weights: scripts/fixtures/tiny_autoencoders.py.
@Suite struct PreviewDecoderTests {
    private let taesd = Fixture.path("tiny-autoencoders/taesd/original.safetensors")

    /// A preview of a job that takes long enough to be seen, and what the server that made it logged meanwhile.
    private func preview(
        _ folder: Folder, _ arguments: [String], model: String = "builtin"
    ) async throws -> (image: Image, log: String) {
        let server = try await RunningServer(folder, arguments + ["--previews-per-second", "10"])
        let job = try await server.submit([
            "prompt": "a rocket", "model": model, "steps": 150, "count": 16, "width": 512, "height": 256, "seed": 3,
            "previews": true,
        ])
        var address = ""
        try await server.wait(for: "/v1/jobs/\(job)") { answer in
            let progress = try answer.json["progress"] as? [String: Any]
            address = progress?["preview"] as? String ?? ""
            return !address.isEmpty
        }
        #expect(try await server.ask("DELETE", "/v1/jobs/\(job)").status == 200)
        let start = "data:image/jpeg;base64,"
        #expect(address.hasPrefix(start))
        let bytes = try #require(Data(base64Encoded: String(address.dropFirst(start.count))))
        server.send(SIGKILL)
        #expect(try await server.end() == 128 + SIGKILL)
        return (try ImageFile.decode(Array(bytes)).image, server.log)
    }

    @Test func aNamedDecoderMakesThePreviewsOfTheServer() async throws {
        let folder = try Folder()
        let decoded = try await preview(folder, ["--preview-decoder", taesd]).image
        let linear = try await preview(folder, []).image
        #expect((decoded.width, decoded.height) == (512, 256))
        #expect((linear.width, linear.height) == (256, 128))
        // As random weights have it, they show something else.
        let small = decoded.resized(width: 256, height: 128, filter: .box)
        let difference = zip(small.pixels, linear.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        #expect(difference / small.pixels.count > 5)
    }

    @Test func aDecoderOfTheModelsFolderIsTakenWhereItFitsAndElseNamedInTheLog() async throws {
        let folder = try Folder()
        let models = folder.url.appending(path: "models").path
        for sub in ["", "/checkpoints", "/vae_approx"] {
            try FileManager.default.createDirectory(atPath: models + sub, withIntermediateDirectories: false)
        }
        try FileManager.default.copyItem(
            atPath: Fixture.path("pipelines/tiny"), toPath: models + "/checkpoints/tiny")
        let decoder = models + "/vae_approx/taesd_decoder.safetensors"
        try FileManager.default.copyItem(atPath: taesd, toPath: decoder)
        #expect(try await preview(folder, ["--models", models], model: "tiny").image.width == 512)
        // Half of it is gone.
        let bytes = try Data(contentsOf: URL(filePath: decoder))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: decoder))
        let linear = try await preview(folder, ["--models", models], model: "tiny")
        #expect(linear.image.width == 256)
        let line = "previews are linear, since their decoder cannot be used: taesd_decoder.safetensors"
        #expect(linear.log.contains(line))
    }

    @Test func aNamedDecoderThatCannotBeUsedIsRefusedInOneLine() async throws {
        let folder = try Folder()
        for (path, reason) in [
            ("nowhere.safetensors", "nowhere.safetensors"),
            (Fixture.path("pipelines/tiny/vae"), "AutoencoderKL"),
            (Fixture.path("pipelines/tiny/vae/diffusion_pytorch_model.safetensors"), "expected the decoder of a tiny"),
        ] {
            let run = try await Run.daguerre(
                ["serve", "--data", "data", "--port", "0", "--preview-decoder", path], in: folder)
            #expect(run.status == 2 && run.output.isEmpty)
            let lines = run.errors.split(separator: "\n").filter { $0.contains("preview-decoder cannot be used") }
            #expect(lines.count == 1 && run.errors.contains(reason), "\(run.errors)")
        }
    }
}
