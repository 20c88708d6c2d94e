import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/controls.py and pictures.py.
@Suite struct ControlSourceTests {
    /// The original repositories' keys: `control_model.` before SD's, nothing before SDXL's, and both T2I-Adapters'.
    @Test(arguments: ["controlnet", "controlnet-small", "t2i-full", "t2i-light"])
    func aFileUnderTheOriginalKeysHoldsTheFoldersWeightsBitForBit(_ name: String) throws {
        let folder = try ControlSource(path: Fixture.path("controls/\(name)"))
        let file = try ControlSource(path: Fixture.path("controls/\(name)/original.safetensors"))
        #expect(file.kind == folder.kind)
        #expect(file.weights.keys == folder.weights.keys)
        for key in folder.weights.keys {
            let (found, expected) = (try #require(file.weights[key]), try #require(folder.weights[key]))
            #expect(found.shape == expected.shape, "\(key)")
            #expect(found.withUnsafeBytes { [UInt8]($0) } == expected.withUnsafeBytes { [UInt8]($0) }, "\(key)")
        }
    }

    /// Residuals to the bit: the shape, which tiny files do not show as real ones do, is the folder's.
    @Test func aControlNetOfOneFileComputesWhatTheFoldersDoes() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let example = try ControlCase("controlnet", unet: ("unet", "controls"), on: .cpuFloat32)
        let file = try ControlSource(path: Fixture.path("controls/controlnet/original.safetensors"))
        let scope = WeightScope(WeightLedger(file.weights, file: file.name), backend: backend)
        let net = try ControlNet(example.net.configuration, from: scope)
        let picture = HostTensor((0..<3 * 56 * 40).map { Float($0 % 251) / 250 }, shape: [1, 56, 40, 3])
        let hints = try [net, example.net].map { try backend.download($0.hint(picture, on: backend)) }
        expectClose(hints[0], hints[1], .exact)
    }

    @Test(arguments: [
        "controlnet-sd15", "controlnet-sd21", "controlnet-xl", "controlnet-xl-mid", "controlnet-xl-small", "t2i-sd14",
        "t2i-xl", "t2i-light",
    ])
    func theShapeOfAPublishedFileIsReadOffItsTensors(_ name: String) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/\(name).safetensors"
        try SingleFileFixture(name + ".list", in: "controls/published").writeHole(to: path)
        let source = try ControlSource(path: path, mapping: .mapped)
        let published = try Data(contentsOf: URL(filePath: Fixture.path("controls/published/\(name).json")))
        let meter = MeterBackend(precision: .bfloat16)
        func scope() -> (WeightScope, WeightLedger) {
            let ledger = WeightLedger(source.weights, file: name)
            return (WeightScope(ledger, backend: meter), ledger)
        }
        let (weights, ledger) = scope()
        if name.hasPrefix("t2i") {
            #expect(source.kind == .t2iAdapter)
            let found = try decodeConfiguration(T2IAdapterConfiguration.self, source.configuration, file: name)
            #expect(try found == JSONDecoder().decode(T2IAdapterConfiguration.self, from: published))
            _ = try T2IAdapter(found, from: weights)
        } else {
            #expect(source.kind == .controlNet)
            let found = try decodeConfiguration(ControlNetConfiguration.self, source.configuration, file: name)
            #expect(try found == JSONDecoder().decode(ControlNetConfiguration.self, from: published))
            _ = try ControlNet(found, from: weights)
        }
        try ledger.verify()
    }

    @Test(arguments: [
        ("control_v11e_sd15_shuffle_fp16", nil, true), ("mine", "      global_average_pooling: True\n", true),
        ("mine", "      global_average_pooling: False\n", false), ("mine", nil, false),
    ])
    func globalPoolingIsKnownFromANameOrFromTheConfigurationBeside(name: String, yaml: String?, pools: Bool) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/\(name).safetensors"
        try SingleFileFixture("controlnet-sd15.list", in: "controls/published").writeHole(to: path)
        if let yaml { try Data(yaml.utf8).write(to: URL(filePath: folder.path + "/\(name).yaml")) }
        let source = try ControlSource(path: path, mapping: .mapped)
        let found = try decodeConfiguration(ControlNetConfiguration.self, source.configuration, file: name)
        #expect(found.poolsGlobally == pools)
    }

    @Test func anIPAdaptersFileIsKnownByItsKeys() throws {
        let source = try ControlSource(path: Fixture.path("pictures/ip-adapter/plus.safetensors"))
        #expect(source.kind == .ipAdapter)
        let unet = try DiskModelFolder(path: Fixture.path("controls/unet"))
            .decode(UNetConfiguration.self, file: "config.json")
        let encoder = try DiskModelFolder(path: Fixture.path("pictures/vision-a"))
            .decode(CLIPVisionConfiguration.self, file: "config.json")
        let backend = try BackendUnderTest.cpuFloat32.make()
        let adapter = try source.ipAdapter(for: unet, encoder: encoder, on: backend)
        #expect(adapter.configuration.kind == .plus)
        let error = #expect(throws: ModelError.self) { try source.controlNet(for: unet, on: backend) }
        #expect(error?.description.contains("a ControlNet") == true)
    }

    @Test func aControlNetThatFitsIsBuiltAndOneOfAnotherFamilyIsRefused() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let source = try ControlSource(path: Fixture.path("controls/controlnet"))
        let unet = try DiskModelFolder(path: Fixture.path("controls/unet"))
            .decode(UNetConfiguration.self, file: "config.json")
        _ = try source.controlNet(for: unet, on: backend)
        let other = try DiskModelFolder(path: Fixture.path("models/unet-xl"))
            .decode(UNetConfiguration.self, file: "config.json")
        #expect(throws: ModelError.self) { try source.controlNet(for: other, on: backend) }
    }

    static let others: [(key: String, word: String)] = [
        ("lora_controlnet", "Control-LoRA"), ("lllite_unet_input_blocks_4_1.depth1", "LLLite"),
        ("style_embedding", "style adapter"), ("difference", "difference"), ("double_blocks.0.weight", "Flux"),
        ("down_blocks.0.ctrl_to_base.0.weight", "ControlNet-XS"), ("transformer_blocks.0.attn.weight", "Diffusion 3"),
        ("unet.weight", "unet.weight"),
    ]

    @Test(arguments: others.indices)
    func otherFilesAreRefusedByWhatTheyAre(index: Int) throws {
        let (key, word) = Self.others[index]
        try expectRefusal([key: [1]], word)
    }

    @Test func aUnionOfControlNetsIsRefused() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/union.safetensors"
        try SingleFileFixture("controlnet-union.list", in: "controls/published").writeHole(to: path)
        let error = #expect(throws: CheckpointError.self) { try ControlSource(path: path, mapping: .mapped) }
        #expect(error?.description.contains("ControlNet Union") == true, "\(error.debugDescription)")
    }

    static let hostile: [(shapes: [String: Shape], word: String)] = [
        (["controlnet_cond_embedding.conv_in.weight": [4, 3, 3, 3]], "conv_in.weight"),
        (["input_hint_block.0.weight": [4, 3, 3, 3]], "input_blocks.0.0.weight"),
        (["input_hint_block.0.weight": [1], "input_blocks.0.0.weight": [4, 4, 3, 3]], "level"),
        (["body.0.block1.weight": [4, 4, 3, 3]], "in_conv.weight"),
        (["body.0.block1.weight": [4, 4, 3, 3], "conv_in.weight": [4, 65, 3, 3]], "65"),
        (["body.0.body.0.block1.weight": [4, 4, 3, 3], "body.0.in_conv.weight": [4, 64]], "body.0.in_conv.weight"),
    ]

    @Test(arguments: hostile.indices)
    func filesWithoutTheLayersOfTheirKindAreRefused(index: Int) throws {
        try expectRefusal(Self.hostile[index].shapes, Self.hostile[index].word)
    }

    @Test func aPickleAndAFolderOfAnotherKindAreRefused() throws {
        let folder = try ScratchFolder()
        let pickle = folder.path + "/control_sd15_canny.pth"
        try Data([0x80, 2]).write(to: URL(filePath: pickle))
        #expect(
            throws: CheckpointError.pickledWeights(folder: "control_sd15_canny.pth", found: ["control_sd15_canny.pth"])
        ) {
            try ControlSource(path: pickle)
        }
        let error = #expect(throws: CheckpointError.self) { try ControlSource(path: Fixture.path("controls/unet")) }
        #expect(error?.description.contains("UNet2DConditionModel") == true)
    }

    private func expectRefusal(_ shapes: [String: Shape], _ word: String) throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/other.safetensors"
        try SafetensorsWriter.write(
            shapes.map { ($0.key, HostTensor(Array(repeating: 0, count: $0.value.elementCount), shape: $0.value)) },
            to: path)
        let error = #expect(throws: CheckpointError.self) { try ControlSource(path: path) }
        #expect(error?.description.contains(word) == true, "\(error.debugDescription)")
        #expect(error?.description.contains("other.safetensors") == true)
    }
}
