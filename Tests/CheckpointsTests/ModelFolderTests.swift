import DaguerreCheckpoints
import DaguerreTensors
import Glibc
import Testing

@Suite struct ModelFolderTests {
    private static let one = safetensorsBytes("{\(entry("a", "U8", "[1]", 0, 1))}", [1])
    private static let two = safetensorsBytes("{\(entry("b", "U8", "[1]", 0, 1))}", [2])
    private static let both =
        "{\"metadata\":{\"total_size\":2},\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\"}}"

    private func model(_ files: [(String, [UInt8])]) throws -> (TemporaryFolder, DiskModelFolder) {
        let folder = try TemporaryFolder()
        for (name, bytes) in files { try folder.write(name, bytes) }
        return (folder, try DiskModelFolder(path: folder.path))
    }

    private func firstKey(_ names: [String], variant: String? = nil) throws -> String? {
        let (folder, model) = try model(
            names.map { ("unet/" + $0, safetensorsBytes("{\(entry($0, "U8", "[1]", 0, 1))}", [1])) })
        return try withExtendedLifetime(folder) {
            try model.weights(of: "unet", base: "diffusion_pytorch_model", variant: variant).keys.first
        }
    }

    @Test func plainWeightsComeBeforeVariants() throws {
        let plain = "diffusion_pytorch_model.safetensors"
        let half = "diffusion_pytorch_model.fp16.safetensors"
        let other = "diffusion_pytorch_model.non_ema.safetensors"
        #expect(try firstKey([plain, half, other]) == plain)
        #expect(try firstKey([half, other]) == half)
        #expect(try firstKey([other]) == other)
        #expect(try firstKey([plain, half, other], variant: "non_ema") == other)
        #expect(throws: CheckpointError.self) { try firstKey([plain], variant: "fp16") }
        #expect(throws: CheckpointError.self) { try firstKey([other, "diffusion_pytorch_model.ema.safetensors"]) }
        #expect(throws: CheckpointError.self) { try firstKey(["model.safetensors"]) }
    }

    @Test func picklesAreRefusedWithAWordOnWhatToDo() throws {
        let (folder, model) = try model([("unet/diffusion_pytorch_model.bin", [0x80])])
        let expected = CheckpointError.pickledWeights(folder: "unet", found: ["diffusion_pytorch_model.bin"])
        #expect(throws: expected) { try model.weights(of: "unet") }
        #expect(expected.description.contains("convert them to safetensors"))
        #expect(throws: CheckpointError.noWeights(folder: "vae", expected: "model.safetensors", found: "no file")) {
            try model.weights(of: "vae", base: "model")
        }
        _ = folder
    }

    @Test(arguments: [
        ("diffusion_pytorch_model.safetensors.index.json", nil as String?),
        ("diffusion_pytorch_model.safetensors.index.fp16.json", nil),
        ("diffusion_pytorch_model.safetensors.index.fp16.json", "fp16"),
        ("diffusion_pytorch_model.fp16.safetensors.index.json", "fp16"),
    ])
    func shardsAreJoined(index: String, variant: String?) throws {
        let (folder, model) = try model([
            ("unet/" + index, Array(Self.both.utf8)), ("unet/m-1.safetensors", Self.one),
            ("unet/m-2.safetensors", Self.two),
        ])
        let store = try model.weights(of: "unet", base: "diffusion_pytorch_model", variant: variant)
        #expect(store.keys == ["a", "b"] && store["b"]?.floats == [2] && store.files.count == 2)
        _ = folder
    }

    @Test(arguments: [
        "{\"weight_map\":{\"a\":\"../m-1.safetensors\"}}", "{\"weight_map\":{\"a\":\"/m-1.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"sub/m-1.safetensors\"}}", "{\"weight_map\":{\"a\":\"..\"}}",
        "{\"weight_map\":{\"a\":\"m-1.bin\"}}",
        "{\"weight_map\":{\"a\":\"m-1.safetensors\\u0000\"}}", "{\"weight_map\":{\"a\":1}}", "{\"weight_map\":{}}",
        "{\"weight_map\":[]}", "{}", "[]", "",
        "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"a\":\"m-1.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"m-2.safetensors\",\"b\":\"m-2.safetensors\"}}",
        "{\"weight_map\":{\"c\":\"m-1.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"x\":\"m-2.safetensors\"}}",
    ])
    func anIndexThatDoesNotFitItsShardsIsRefused(index: String) throws {
        let (folder, model) = try model([
            ("unet/m.safetensors.index.json", Array(index.utf8)), ("unet/m-1.safetensors", Self.one),
            ("unet/m-2.safetensors", Self.two),
        ])
        do {
            _ = try model.weights(of: "unet", base: "m")
            Issue.record("accepted: \(index)")
        } catch CheckpointError.shardIndex(let file, _, _, _) {
            #expect(file == "unet/m.safetensors.index.json")
        }
        _ = folder
    }

    @Test(arguments: ["../x", "/etc/passwd", "a/../../x", "", ".", "a//b", "a/./b", "a\\b", "a\0b", "a\nb"])
    func aPathThatLeavesTheFolderIsRefused(path: String) throws {
        let (folder, model) = try model([("x", [1])])
        #expect(throws: CheckpointError.unsafePath(file: path)) { try model.bytes(path) }
        #expect(throws: CheckpointError.unsafePath(file: path)) { try model.safetensors(path) }
        _ = folder
    }

    @Test func linksAreFollowed() throws {
        let (folder, model) = try model([("blob", Self.one)])
        mkdir(folder.path + "/vae", 0o777)
        symlink("../blob", folder.path + "/vae/diffusion_pytorch_model.safetensors")
        #expect(try model.weights(of: "vae").keys == ["a"])
        unlink(folder.path + "/vae/diffusion_pytorch_model.safetensors")
        rmdir(folder.path + "/vae")
    }

    @Test func aMissingFolderIsNamed() {
        #expect(throws: CheckpointError.unreadable(file: "nowhere", reason: "there is no such folder or file")) {
            try DiskModelFolder(path: "/nonexistent/nowhere")
        }
        #expect(throws: CheckpointError.self) { try DiskModelFolder(path: #filePath) }
    }

    @Test func aFolderIsCalledByItsOwnNameHoweverItIsReached() throws {
        let (folder, model) = try model([("unet/config.json", [1])])
        let name = model.name
        #expect(!name.contains("/") && folder.path.hasSuffix(name))
        for way in ["/", "/.", "/unet/.."] { #expect(try DiskModelFolder(path: folder.path + way).name == name) }
    }

    @Test func anEmbeddedModelReadsAsTheSameOnDisk() throws {
        let files: [(String, [UInt8])] = [
            ("model_index.json", Array("{}".utf8)), ("unet/diffusion_pytorch_model.safetensors", Self.one),
            ("tokenizer/merges.txt", Array("a b".utf8)),
        ]
        let (folder, disk) = try model(files)
        let memory = files.map { name, bytes in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            copy.copyBytes(from: bytes)
            return (name, UnsafeRawBufferPointer(copy))
        }
        defer { for (_, bytes) in memory { bytes.deallocate() } }
        let embedded = EmbeddedModelFolder(name: "builtin", files: Dictionary(uniqueKeysWithValues: memory))
        #expect(try embedded.sizes() == disk.sizes() && embedded.digest() == disk.digest())
        for folder in ["", "unet", "tokenizer", "none"] {
            #expect(try embedded.files(in: folder) == disk.files(in: folder))
        }
        #expect(try embedded.weights(of: "unet")["a"]?.floats == [1])
        #expect(try embedded.bytes("tokenizer/merges.txt") == Array("a b".utf8) && embedded.bytes("none") == nil)
        #expect(throws: CheckpointError.self) { try embedded.safetensors("none") }
        _ = folder
    }

    @Test func theDigestTellsModelsApart() throws {
        let base: [(String, [UInt8])] = [("model_index.json", Array("{}".utf8)), ("unet/m.safetensors", Self.one)]
        func digest(_ files: [(String, [UInt8])]) throws -> String {
            let (folder, model) = try model(files)
            return try withExtendedLifetime(folder) { try model.digest() }
        }
        let first = try digest(base)
        #expect(first.count == 64)
        #expect(try digest(base.reversed()) == first)
        #expect(try digest(base + [("notes.md", [1, 2])]) == first)
        #expect(try digest(base + [("vae/config.json", [1, 2])]) != first)
        #expect(try digest([base[0], ("vae/m.safetensors", Self.one)]) != first)
        #expect(try digest([base[0], ("unet/m.safetensors", Self.two)]) != first)
        var changed = Self.one
        changed[changed.count - 1] ^= 1
        #expect(try digest([base[0], ("unet/m.safetensors", changed)]) != first)
    }

    @Test func aPointerOfGitLFSIsCalledThatWhereItIsNeededAndNoHindranceElsewhere() throws {
        let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4265146304\n".utf8)
        let weights = "unet/diffusion_pytorch_model.safetensors"
        let (folder, stray) = try model([(weights, Self.one), ("pruned.safetensors", pointer), ("a\u{1b}.json", [1])])
        #expect(try stray.weights(of: "unet").keys == ["a"])
        #expect(try stray.digest().count == 64)
        let (other, needed) = try model([(weights, pointer)])
        let error = #expect(throws: CheckpointError.self) { try needed.weights(of: "unet") }
        #expect(error?.description.contains("git lfs pull") == true)
        _ = (folder, other)
    }
}
