import DaguerreRegistry
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct FolderRegistryTests {
    private func names(_ registry: FolderRegistry, _ kind: ModelKind) async -> [String] {
        await registry.entries(kind).map(\.name)
    }

    @Test func withoutAFolderThereIsTheModelInTheExecutableAlone() async throws {
        let registry = try await FolderRegistry(folder: nil)
        #expect(await names(registry, .checkpoint) == ["builtin"])
        #expect(await registry.entry("builtin", .checkpoint)?.path == nil)
        #expect(await registry.defaultModel == "builtin")
        for kind in ModelKind.allCases where kind != .checkpoint { #expect(await names(registry, kind).isEmpty) }
    }

    @Test(arguments: [
        [
            "checkpoints", "loras", "embeddings", "controlnet", "ip-adapter", "clip-vision", "vae", "safety-checker",
            "vae-approx",
        ],
        [
            "Stable-diffusion", "Lora", "embeddings", "ControlNet", "IP-Adapter", "clip_vision", "VAE",
            "safety_checker", "VAE-approx",
        ],
        [
            "checkpoints", "loras", "embeddings", "controlnet", "ipadapter", "clip_vision", "vae", "safety_checkers",
            "vae_approx",
        ],
    ])
    func foldersAreFoundByTheNamesThatPeopleHave(_ folders: [String]) async throws {
        let models = try Models()
        for (folder, kind) in zip(folders, ModelKind.allCases) {
            try models.write("\(folder)/my-\(kind.rawValue).safetensors")
        }
        try models.write("ESRGAN/4x.safetensors")
        let registry = try await FolderRegistry(folder: models.path)
        for kind in ModelKind.allCases {
            let builtin = kind == .checkpoint ? ["builtin"] : []
            #expect(await names(registry, kind) == builtin + ["my-\(kind.rawValue)"])
        }
    }

    @Test func checkpointsMayLieInTheFolderItself() async throws {
        let models = try Models()
        try models.write("dreams.safetensors")
        try models.write("sd15/model_index.json")
        try models.write("sd15/unet/diffusion_pytorch_model.safetensors", byteCount: 10)
        try models.write("sd15/vae/diffusion_pytorch_model.safetensors", byteCount: 5)
        try models.write("old.ckpt")
        try models.write(".hidden.safetensors")
        let registry = try await FolderRegistry(folder: models.path)
        #expect(await names(registry, .checkpoint) == ["builtin", "dreams", "sd15"])
        #expect(await registry.entry("sd15", .checkpoint)?.byteCount == 15)
        #expect(await names(registry, .vae).isEmpty)
        let problems = await registry.problems
        #expect(problems.count == 1 && problems[0].contains("old.ckpt") && problems[0].contains("convert"))
        #expect(await registry.defaultModel == "dreams")

        let alone = try await FolderRegistry(folder: models.path + "/sd15", default: "SD15")
        #expect(await names(alone, .checkpoint) == ["builtin", "sd15"])
        #expect(await alone.defaultModel == "sd15")
    }

    @Test func filesOfOneBaseNameAreToldApartByTheirFolders() async throws {
        let models = try Models()
        for file in [
            "loras/ink.safetensors", "loras/a/ink.safetensors", "loras/b/paint.safetensors",
            "loras/c/paint.safetensors", "Lora/c/paint.safetensors", "loras/deep/er/one.safetensors",
            "embeddings/bad.png", "embeddings/bad.safetensors", "checkpoints/builtin.safetensors",
        ] {
            try models.write(file)
        }
        let registry = try await FolderRegistry(folder: models.path)
        #expect(
            await names(registry, .lora) == [
                "a/ink", "b/paint", "ink", "Lora/c/paint.safetensors", "loras/c/paint.safetensors", "one",
            ])
        #expect(await names(registry, .embedding) == ["bad.png", "bad.safetensors"])
        #expect(await names(registry, .checkpoint) == ["builtin", "builtin.safetensors"])
        #expect(await registry.entry("builtin", .checkpoint)?.path == nil)
        #expect(await registry.entry("paint", .lora) == nil)
        #expect(await registry.entry("paint.safetensors", .lora) == nil)
        #expect(await registry.entry("b/paint", .lora)?.path?.hasSuffix("loras/b/paint.safetensors") == true)
        #expect(await registry.entry("one.safetensors", .lora)?.name == "one")
    }

    @Test func anotherCaseIsUnderstoodWhereOnlyOneIsMeant() async throws {
        let models = try Models()
        for file in ["loras/Ink.safetensors", "loras/Oil.safetensors", "loras/oil.safetensors"] {
            try models.write(file)
        }
        let registry = try await FolderRegistry(folder: models.path)
        #expect(await registry.entry("ink", .lora)?.name == "Ink")
        #expect(await registry.entry("INK", .lora)?.name == "Ink")
        #expect(await registry.entry("oil", .lora)?.file == "oil.safetensors")
        #expect(await registry.entry("OIL", .lora) == nil)
        #expect(await registry.entry("ink", .checkpoint) == nil)
    }

    @Test func aLinkIsFollowedOnlyWithinTheFolder() async throws {
        let models = try Models()
        let outside = try Models()
        try outside.write("secret.safetensors")
        try outside.write("model/model_index.json")
        try models.write("blobs/0123.safetensors")
        try models.write("checkpoints/half/model_index.json")
        try models.link("checkpoints/half/weights.safetensors", to: outside.path + "/secret.safetensors")
        try models.link("loras/inside.safetensors", to: "../blobs/0123.safetensors")
        try models.link("loras/outside.safetensors", to: outside.path + "/secret.safetensors")
        try models.link("loras/dangling.safetensors", to: "nowhere.safetensors")
        try models.link("loras/circle", to: ".")
        try models.link("checkpoints/model", to: outside.path + "/model")
        let registry = try await FolderRegistry(folder: models.path)
        #expect(await names(registry, .lora) == ["inside"])
        #expect(await names(registry, .checkpoint) == ["builtin"])
        let problems = await registry.problems
        #expect(problems.count == 3 && problems.allSatisfy { $0.contains("link") && !$0.contains("/") })
        // The folder itself may be a link.
        try outside.link("models", to: models.path)
        let linked = try await FolderRegistry(folder: outside.path + "/models")
        #expect(await names(linked, .lora) == ["inside"])
    }

    @Test func whatIsNewIsSeenAndWhatIsGoneIsForgotten() async throws {
        let models = try Models()
        try models.write("loras/first.safetensors")
        let registry = try await FolderRegistry(folder: models.path, lookInterval: .zero)
        #expect(await names(registry, .lora) == ["first"])
        try models.write("loras/second.safetensors")
        #expect(await names(registry, .lora) == ["first", "second"])
        try FileManager.default.removeItem(atPath: models.path + "/loras/first.safetensors")
        #expect(await registry.entry("first", .lora) == nil)

        let slow = try await FolderRegistry(folder: models.path, lookInterval: .seconds(3600))
        try models.write("loras/third.safetensors")
        #expect(await names(slow, .lora) == ["second"])
        try await slow.refresh()
        #expect(await names(slow, .lora) == ["second", "third"])
    }

    @Test func aFolderThatIsNoneIsRefused() async throws {
        let models = try Models()
        try models.write("file")
        for path in [models.path + "/none", models.path + "/file", models.path + "/a\0b"] {
            let error = await #expect(throws: RegistryError.self) { try await FolderRegistry(folder: path) }
            #expect(error.map { "\($0)".contains(models.path) } == false)
        }
    }

    @Test func digestsAreComputedInTheBackgroundAndKept() async throws {
        let models = try Models()
        try models.write("loras/abc.safetensors", bytes: Array("abc".utf8))
        try models.write("checkpoints/sd/model_index.json", bytes: [1])
        try models.write("checkpoints/sd/unet/x.safetensors", bytes: [2])
        let cache = try ScratchFolder()
        let described = Mutex(0)
        func open() async throws -> FolderRegistry {
            try await FolderRegistry(
                folder: models.path, cachePath: cache.path + "/digests.json", lookInterval: .zero
            ) { kind, path in
                described.withLock { $0 += path == nil ? 0 : 1 }
                return ModelDescription(family: "\(kind)", digest: path == nil ? "b" : nil)
            }
        }
        let registry = try await open()
        #expect(await registry.entry("abc", .lora)?.digest == nil)
        try await withBackground(of: registry) {
            // FIPS 180-4's example.
            let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            try await wait { await registry.entry("abc", .lora)?.digest == expected }
            try await wait { await registry.entry("sd", .checkpoint)?.digest?.count == 64 }
            #expect(await registry.entry("sd", .checkpoint)?.family == "checkpoint")
            #expect(await registry.entry("builtin", .checkpoint)?.digest == "b")
            #expect(described.withLock { $0 } == 2)
            // Another file under the same name has another digest.
            try models.write("loras/abc.safetensors", bytes: Array("abcd".utf8))
            try await wait {
                let digest = await registry.entry("abc", .lora)?.digest
                return digest != nil && digest != expected
            }
            #expect(described.withLock { $0 } == 3)
        }
        // The next run need not read the files again.
        let second = try await open()
        #expect(await second.entry("abc", .lora)?.digest != nil)
        #expect(await second.entry("sd", .checkpoint)?.family == "checkpoint")
        #expect(described.withLock { $0 } == 3)
        // A cache that cannot be read is none.
        try Data("{".utf8).write(to: URL(filePath: cache.path + "/digests.json"))
        #expect(try await open().entry("abc", .lora)?.digest == nil)
    }

    private func withBackground(of registry: FolderRegistry, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run() }
            try await body()
            group.cancelAll()
        }
    }

    private func wait(_ isDone: () async -> Bool) async throws {
        for _ in 0..<1000 {
            if await isDone() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("nothing came of waiting")
    }
}

/// A models folder to be filled.
final class Models: Sendable {
    private let scratch: ScratchFolder
    var path: String { scratch.path }

    init() throws { scratch = try ScratchFolder() }

    func write(_ file: String, byteCount: Int = 1) throws {
        try write(file, bytes: [UInt8](repeating: 7, count: byteCount))
    }

    func write(_ file: String, bytes: [UInt8]) throws {
        let url = URL(filePath: path + "/" + file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func link(_ file: String, to target: String) throws {
        let url = URL(filePath: path + "/" + file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: target)
    }
}
