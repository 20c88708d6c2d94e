import DaguerreCheckpoints
import DaguerreImaging
import DaguerrePixels
import DaguerreTensors
import Foundation
import TestSupport
import Testing

/// What `generate` can do beyond a prompt, by the built binary, over the built-in and over tiny random models.
@Suite struct GenerateEverythingTests {
    private let tiny = Fixture.path("pipelines/tiny")
    private let controls = Fixture.path("pipelines/controls")

    /// Draws into `folder` and returns what `--json` says.
    @discardableResult
    private func draw(_ arguments: [String], in folder: Folder) async throws -> [String: Any] {
        let run = try await Run.daguerre(["generate"] + arguments + ["--json"], in: folder)
        try #require(run.status == 0, "\(run.errors)")
        return try jsonObject(run.output)
    }

    @Test(arguments: [
        ["a (red:1.3) apple AND a star", "--clip-skip", "2", "--sampler", "DPM++ 2M Karras", "--seed", "5"],
        ["a [cat:dog:0.5]", "--hires-scale", "1.5", "--hires-upscaler", "lanczos", "--hires-strength", "0.5"],
        ["a star", "--tile", "--variation-seed", "7", "--variation-strength", "0.3", "--random", "torch"],
        ["a heart", "--sampler", "euler a", "--eta", "0.7", "--guidance-rescale", "0.5", "--emphasis", "no-norm"],
        ["a car", "--sampler", "DPM++ SDE", "--seed-resize-from", "64x64", "--width", "96"],
    ])
    func fromDrawsTheSameFileAgain(_ arguments: [String]) async throws {
        let folder = try Folder()
        try await draw(arguments + ["--steps", "4", "--output", "first.png"], in: folder)
        try await draw(["--from", "first.png", "--output", "second.png"], in: folder)
        #expect(try folder.bytes("first.png") == folder.bytes("second.png"))
    }

    @Test func aPictureToBeginWithAndAMaskChangeWhatTheyCover() async throws {
        let folder = try Folder()
        try await draw(["an apple", "--seed", "1", "--steps", "4", "--output", "begin.png"], in: folder)
        let begin = try folder.picture("begin.png").image
        // White on the left half.
        let white = (0..<begin.width * begin.height).flatMap { index -> [UInt8] in
            Array(repeating: index % begin.width < begin.width / 2 ? 255 : 0, count: 3)
        }
        try folder.write(PNG.encode(Image(width: begin.width, height: begin.height, pixels: white)), to: "mask.png")
        try await draw(
            [
                "a car", "--image", "begin.png", "--mask", "mask.png", "--mask-blur", "0", "--steps", "4", "--output",
                "end.png",
            ],
            in: folder)
        let end = try folder.picture("end.png").image
        var changed = (left: 0, right: 0)
        for row in 0..<begin.height {
            for column in 0..<begin.width where begin[column, row] != end[column, row] {
                if column < begin.width / 2 { changed.left += 1 } else { changed.right += 1 }
            }
        }
        #expect(changed.left > begin.width * begin.height / 8)
        #expect(changed.right == 0)
    }

    @Test func eachControlKeepsItsOwnOptions() async throws {
        let folder = try Folder()
        let common = ["a car", "--model", tiny, "--seed", "3", "--steps", "3", "--width", "64", "--height", "64"]
        try await draw(common + ["--output", "plain.png"], in: folder)
        let net = ["--controlnet", controls + "/controlnet", "--control-image", "plain.png"]
        try await draw(common + net + ["--output", "one.png"], in: folder)
        let silent = net + ["--control-weight", "0"]
        try await draw(common + silent + net + ["--output", "second-only.png"], in: folder)
        try await draw(common + silent + silent + ["--output", "none.png"], in: folder)
        try await draw(common + net + ["--control-end=0.4", "--output", "part.png"], in: folder)
        let pixels = try Dictionary(
            uniqueKeysWithValues: ["plain", "one", "second-only", "none", "part"].map {
                ($0, try folder.picture($0 + ".png").image.pixels)
            })
        #expect(pixels["one"] != pixels["plain"])
        #expect(pixels["second-only"] == pixels["one"])
        #expect(pixels["none"] == pixels["plain"])
        #expect(pixels["part"] != pixels["one"])
    }

    @Test func aLoraIsFoundByTheNameInThePromptAndItsReceiptIsPrinted() async throws {
        let folder = try Folder()
        let name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
        let values = (0..<32).map { Float($0 % 7) / 4 - 0.7 }
        var tensors: [(name: String, tensor: HostTensor)] = [
            (name + ".lora_down.weight", HostTensor(values, shape: [2, 16])),
            (name + ".lora_up.weight", HostTensor(values, shape: [16, 2])),
            (name + ".alpha", HostTensor([2], shape: [])),
        ]
        try SafetensorsWriter.write(tensors, to: folder.url.appending(path: "ink.safetensors").path)
        tensors.append(("lora_unet_no_such_layer.lora_down.weight", HostTensor(values, shape: [2, 16])))
        tensors.append(("lora_unet_no_such_layer.lora_up.weight", HostTensor(values, shape: [16, 2])))
        try SafetensorsWriter.write(tensors, to: folder.url.appending(path: "stray.safetensors").path)

        let common = ["--model", tiny, "--seed", "3", "--steps", "3", "--width", "64", "--height", "64"]
        try await draw(["a car"] + common + ["--output", "plain.png"], in: folder)
        let report = try await draw(
            ["a car <lora:ink:2>"] + common + ["--lora-folder", ".", "--output", "ink.png"], in: folder)
        let receipts = try #require(report["adapters"] as? [[String: Any]])
        #expect(receipts.count == 1)
        #expect((receipts[0]["matched"] as? [String: Int])?.values.reduce(0, +) == 1)
        try await draw(["a car"] + common + ["--lora", "ink.safetensors:2", "--output", "option.png"], in: folder)
        let plain = try folder.picture("plain.png").image.pixels
        let ink = try folder.picture("ink.png").image.pixels
        #expect(plain != ink)
        #expect(try folder.picture("option.png").image.pixels == ink)

        let stray = ["generate", "a car"] + common + ["--lora", "stray.safetensors"]
        let tolerant = try await Run.daguerre(stray, in: folder)
        #expect(tolerant.status == 0)
        #expect(tolerant.errors.contains("stray.safetensors: 2 keys name no layer"))
        let strict = try await Run.daguerre(stray + ["--strict"], in: folder)
        #expect(strict.status == 2)
        let unknown = try await Run.daguerre(
            ["generate", "a car <lora:../ink:1>"] + common + ["--lora-folder", "."], in: folder)
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("is not in ."))
    }

    @Test func aSafetyCheckerSaysOfEachPictureWhatItSees() async throws {
        let folder = try Folder()
        let report = try await draw(
            [
                "a star", "--steps", "2", "--count", "2", "--safety-checker",
                Fixture.path("pictures/safety-checker"),
            ], in: folder)
        let safety = try #require(report["safety"] as? [[String: Any]])
        #expect(safety.count == 2)
        for verdict in safety {
            #expect(verdict["flagged"] is Bool)
            #expect((verdict["scores"] as? [String: Double])?.count == 20)
        }
    }

    @Test(arguments: [
        (["a car", "--strength", "0.5"], "--strength needs --image"),
        (["a car", "--mask", "x.png"], "--mask needs --image"),
        (["a car", "--image", "missing.png"], "missing.png"),
        (["a car <lora:ink:1>"], "--lora-folder"),
        (["a car <hypernet:ink:1>"], "hypernet"),
        (["a car", "--control-image", "x.png"], "after its --controlnet"),
        (["a car", "--controlnet", "x"], "needs --control-image"),
        (["a car", "--ip-adapter", "x"], "needs --ip-adapter-image"),
        (["a car", "--refiner-switch", "0.5"], "needs --refiner"),
        (["a car", "--hires-scale", "99"], "hires scale is 99"),
        (["a car", "--clip-skip", "63"], "clip skip is 63"),
        (["a car", "--lora", "x.safetensors:nan"], "expected a file"),
        (["--seed", "1"], "say what to draw"),
        (["a car", "--safety-checker", "nowhere"], "nowhere"),
    ])
    func whatCannotBeDoneIsSaidInOneLine(_ arguments: [String], _ message: String) async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(["generate"] + arguments, in: folder)
        #expect(run.status == 2)
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").filter { $0.hasPrefix("daguerre: error") }.count == 1)
    }
}
