import DaguerreCheckpoints
import DaguerreImaging
import DaguerrePixels
import DaguerreTensors
import Foundation
import TestSupport
import Testing

/// `daguerre models convert` and the process that reads pickles for it.
@Suite(.serialized) struct ConvertTests {
    private func fixture(_ name: String) -> String { Fixture.path("pickles/" + name) }

    @Test(arguments: ["types", "views", "lightning", "embedding", "parameters", "parameter"])
    func aPickleBecomesSafetensorsWithTheSameNumbers(name: String) async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(
            ["models", "convert", fixture(name + ".ckpt"), "out.safetensors", "--json"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let expected = try SafetensorsFile(path: fixture(name + ".safetensors"))
        let report = try jsonObject(run.output)
        #expect(report["layout"] as? String == "ldm" && report["tensors"] as? Int == expected.entries.count)
        let file = try SafetensorsFile(path: folder.url.appending(path: "out.safetensors").path)
        for entry in expected.entries {
            let (found, right) = (try #require(file[entry.key]), try #require(expected[entry.key]))
            #expect(found.shape == right.shape && found.elementType == right.elementType, "\(entry.key)")
            let isSame = found.withUnsafeBytes { a in right.withUnsafeBytes { b in a.elementsEqual(b) } }
            #expect(isSame, "\(entry.key)")
        }
    }

    @Test(arguments: [
        ("system", "the name posix.system, which could run code"), ("eval", "the name builtins.eval"),
        ("instance", "the opcode INST (0x69) at byte 3"), ("legacy", "before PyTorch 1.6"),
    ])
    func aPickleThatAsksForMoreIsRefusedByName(name: String, reason: String) async throws {
        let folder = try Folder()
        try folder.write([UInt8](Data(contentsOf: URL(filePath: fixture("hostile/" + name)))), to: "bad.ckpt")
        let run = try await Run.daguerre(["models", "convert", "bad.ckpt", "out.safetensors"], in: folder)
        #expect(run.status == 2)
        #expect(run.errors.hasPrefix("daguerre: error: bad.ckpt: not a pickle that is read: "), "\(run.errors)")
        #expect(run.errors.contains(reason) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(try folder.names() == ["bad.ckpt"])
    }

    @Test func aPickleThatWouldFillTheMemoryIsStopped() async throws {
        let folder = try Folder()
        // 31 MB of empty lists, each of which is an object.
        let lists = [0x80, 2] + [UInt8](repeating: 0x5d, count: 31 << 20)
        try folder.write(TorchArchive.archive([("data.pkl", lists)]), to: "bomb.ckpt")
        let run = try await Run.daguerre(["models", "convert", "bomb.ckpt", "out.safetensors"], in: folder)
        #expect(run.status == 2)
        #expect(
            run.errors.contains("its reader was stopped"),
            "\(run.errors)")
        #expect(try folder.names() == ["bomb.ckpt"])
    }

    @Test func aCheckpointGoesFromPickleToFileToFolderAndDraws() async throws {
        let folder = try Folder()
        let path = folder.url.appending(path: "model.safetensors").path
        try SingleFileFixture("sd1.original").write(to: path)
        let steps = [
            ["models", "convert", "model.safetensors", "folder"],
            ["models", "convert", "folder", "back.safetensors", "--dtype", "bfloat16"],
            ["models", "inspect", "back.safetensors"],
            [
                "generate", "a cat", "--model", "back.safetensors", "--vae", "folder", "--width", "64", "--height",
                "64",
                "--steps", "1", "--output", "cat.png",
            ],
        ]
        for arguments in steps {
            let run = try await Run.daguerre(arguments, in: folder)
            #expect(run.status == 0, "\(arguments): \(run.errors)")
        }
        #expect(try folder.picture("cat.png").image.width == 64)
        for arguments in [
            ["models", "convert", "model.safetensors", "folder"], ["models", "convert", "missing", "x"],
            ["models", "convert", "folder", "x", "--to", "ldm"], ["models", "inspect", "cat.png"],
            ["generate", "a cat", "--model", "model.safetensors", "--prediction", "x"],
        ] {
            let run = try await Run.daguerre(arguments, in: folder)
            #expect([1, 2].contains(run.status) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
    }

    @Test func aTrainersPickleAndAFolderOfPicklesAreTheSameModel() async throws {
        let folder = try Folder()
        func path(_ name: String) -> String { folder.url.appending(path: name).path }
        let tensors = try SingleFileFixture("sd2.original").tensors.map { (name: $0.key, tensor: $0.values) }
        try folder.write(TorchArchive.bytes(tensors, isTraining: true), to: "model.ckpt")
        try SingleFileFixture("sd2.original").write(to: path("model.safetensors"))
        for arguments in [["model.ckpt", "a"], ["model.safetensors", "b"], ["b", "b.safetensors"]] {
            let run = try await Run.daguerre(["models", "convert"] + arguments, in: folder)
            #expect(run.status == 0, "\(arguments): \(run.errors)")
        }
        for part in ["unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"] {
            #expect(try folder.bytes("a/\(part).safetensors") == folder.bytes("b/\(part).safetensors"), "\(part)")
        }
        // As diffusers and transformers wrote before there was safetensors.
        for (old, new) in [
            ("unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.bin"),
            ("text_encoder/model.safetensors", "text_encoder/pytorch_model.bin"),
        ] {
            let file = try SafetensorsFile(path: path("b/" + old))
            let stored = file.entries.compactMap { entry in file[entry.key].map { (name: entry.key, tensor: $0) } }
            try folder.write(TorchArchive.bytes(stored, isTraining: false), to: "b/" + new)
            try FileManager.default.removeItem(atPath: path("b/" + old))
        }
        let refused = try await Run.daguerre(["models", "inspect", "b"], in: folder)
        #expect(refused.status == 2 && refused.output.contains("daguerre models convert"))
        let run = try await Run.daguerre(["models", "convert", "b", "c.safetensors"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let (b, c) = (
            try SafetensorsFile(path: path("b.safetensors")), try SafetensorsFile(path: path("c.safetensors"))
        )
        #expect(b.entries.map(\.key) == c.entries.map(\.key))
        #expect(try folder.bytes("b.safetensors").count > 1_000_000)
        for entry in b.entries {
            let (one, other) = (try #require(b[entry.key]), try #require(c[entry.key]))
            #expect(one.withUnsafeBytes { a in other.withUnsafeBytes { a.elementsEqual($0) } }, "\(entry.key)")
        }
    }
}
