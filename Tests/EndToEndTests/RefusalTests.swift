import DaguerreCheckpoints
import DaguerreTensors
import Foundation
import Testing

/// What is asked wrongly gets one line on standard error, exit code 2, and leaves no file.
@Suite(.serialized) struct RefusalTests {
    private static let generate = ["generate", "a cat"]

    @Test(arguments: [
        (generate + ["--width", "100"], "--width is 100, expected a multiple of 8"),
        (generate + ["--height", "0"], "--height is 0, expected a multiple of 8"),
        (generate + ["--height", "20000"], "expected a multiple of 8 from 8 to 16384"),
        (generate + ["--steps", "0"], "--steps is 0, expected a number from 1 to 1000"),
        (generate + ["--steps", "-1"], "--steps is -1, expected a number from 1 to 1000"),
        (generate + ["--steps", "many"], "many"), (generate + ["--width", "-8"], "--width is -8"),
        (generate + ["--count", "0"], "--count is 0"),
        (generate + ["--guidance", "nan"], "--guidance is nan"),
        (generate + ["--guidance", "-1"], "--guidance is -1.0"),
        (generate + ["--guidance-rescale", "2"], "--guidance-rescale is 2.0, expected a number from 0 to 1"),
        (generate + ["--threads", "0"], "--threads is 0"),
        (generate + ["--seed", "-1"], "--seed"),
        (generate + ["--random", "dice"], "dice"),
        (generate + ["--precision", "float16"], "float16"),
        (generate + ["--sampler", "best"], "euler, euler_ancestral, euler_cfg_pp"),
        (generate + ["--schedule", "tight"], "karras"),
        (generate + ["--model", "missing"], "missing: cannot be read: there is no such folder"),
        (generate + ["--model", "empty"], "empty: "), (generate + ["--model", ""], "--model is empty"),
        (generate + ["--model", "folder"], "model_index.json"),
        (generate + ["--output", "cat.gif"], "cat.gif"),
        (generate + ["--output", "nowhere/cat.png"], "nowhere"),
        (generate + ["--latents-output", "cat.bin"], ".safetensors"),
        (generate + ["--initial-latents", "missing.safetensors"], "missing.safetensors"),
        (generate + ["--initial-latents", "empty"], "empty"),
        (generate + ["--unheard-of"], "unheard-of"), (["generate"], "prompt"),
        (["paint"], "paint"), (["models", "inspect"], "path"),
        (["models", "inspect", "missing"], "missing"), (["bench", "--size", "100"], "--size is 100"),
    ])
    func aWrongRequestIsRefusedOnOneLine(arguments: [String], mention: String) async throws {
        let folder = try Folder()
        try folder.write([], to: "empty")
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "folder"), withIntermediateDirectories: false)
        let run = try await Run.daguerre(arguments, in: folder)
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(run.errors.hasPrefix("daguerre: error: "), "\(run.errors)")
        #expect(run.errors.hasSuffix("\n") && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(run.errors.contains(mention), "\(run.errors)")
        #expect(!run.errors.contains(folder.url.path))
        #expect(try folder.names() == ["empty", "folder"])
    }

    @Test func argumentsThatAreNotUTF8AreRefused() async throws {
        let folder = try Folder()
        let run = try await Run.shell(#"exec "$0" generate "$(printf 'a \377\376 cat')""#, in: folder)
        #expect(run.status == 2)
        #expect(run.errors == "daguerre: error: argument 2 is not valid UTF-8; check the terminal's encoding\n")
        #expect(try folder.names() == [])
    }

    @Test func latentsThatAreNoNumbersAreRefused() async throws {
        let folder = try Folder()
        var values = [Float](repeating: 0.5, count: 1024)
        values[700] = .nan
        try SafetensorsWriter.write(
            [(name: "latents", tensor: HostTensor(values, shape: [1, 4, 16, 16]))],
            to: folder.url.path + "/start.safetensors")
        let run = try await Run.daguerre(["generate", "a cat", "--initial-latents", "start.safetensors"], in: folder)
        #expect(run.status == 2)
        #expect(run.errors.contains("start.safetensors: the tensor latents holds NaN"), "\(run.errors)")
        #expect(try folder.names() == ["start.safetensors"])
    }

    @Test func aFolderThatCannotBeWrittenToFailsBeforeDrawing() async throws {
        let folder = try Folder()
        // Root may write anywhere but into what is no folder.
        try folder.write([1], to: "file")
        let run = try await Run.daguerre(["generate", "a cat", "--output", "file/cat.png"], in: folder)
        #expect(run.status == 2)
        #expect(try folder.names() == ["file"])
    }

    @Test func aTruncatedModelIsRefusedWithTheNameOfItsFile() async throws {
        let folder = try Folder()
        let source = URL(filePath: #filePath).appending(path: "../../../Models/builtin").standardized
        for part in ["model_index.json", "unet", "vae", "text_encoder", "tokenizer", "scheduler"] {
            try FileManager.default.createDirectory(
                at: folder.url.appending(path: "model"), withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                at: source.appending(path: part), to: folder.url.appending(path: "model/\(part)"))
        }
        let weights = "model/vae/diffusion_pytorch_model.safetensors"
        try folder.write(Array(folder.bytes(weights).dropLast()), to: weights)
        let run = try await Run.daguerre(["generate", "a cat", "--model", "model"], in: folder)
        #expect(run.status == 2)
        #expect(run.errors.contains("vae/diffusion_pytorch_model.safetensors"), "\(run.errors)")
        let inspection = try await Run.daguerre(["models", "inspect", "model"], in: folder)
        #expect(inspection.status == 2)
        #expect(inspection.output.contains("usable        no"), "\(inspection.output)")
        let description = try await Run.daguerre(["models", "describe", "model"], in: folder)
        #expect(description.status == 2)
        #expect(description.errors.contains("vae/diffusion_pytorch_model.safetensors"), "\(description.errors)")
    }
}
