import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/tiny_autoencoders.py, diffusers 0.42.1 in float32.
@Suite struct TinyAutoencoderTests {
    private static let taesd = Fixture.path("tiny-autoencoders/taesd")

    /// Latents far beyond the usual among them.
    @Test(arguments: BackendUnderTest.allCases)
    func decodedPicturesMatchDiffusers(_ kind: BackendUnderTest) throws {
        for (name, cases) in [("taesd", ["odd", "one"]), ("small", ["odd"])] {
            let backend = try kind.make()
            let fixture = try Fixture("tiny-autoencoders/\(name)/expected")
            for file in ["", "/original.safetensors"] {
                // What no tensor says, a file without configuration has as the published ones have it.
                if name == "small", !file.isEmpty { continue }
                let source = try TinyAutoencoderSource(path: Fixture.path("tiny-autoencoders/\(name)\(file)"))
                let autoencoder = try source.autoencoder(on: backend)
                for example in cases {
                    let decoded = try autoencoder.decode(nhwc(fixture["\(example).latents"]), on: backend)
                    expectClose(
                        nchw(decoded), try fixture["\(example).decoded"], Tolerances.module(backend.activationType),
                        "\(name)\(file), \(example)")
                }
            }
        }
    }

    @Test func theShapeIsReadOffTheConfigurationOrTheTensors() throws {
        let backend = try BackendUnderTest.cpuFloat32.make()
        let small = try TinyAutoencoderSource(path: Fixture.path("tiny-autoencoders/small"))
            .autoencoder(on: backend).configuration
        #expect(small.latentChannels == 6 && small.channels == 8 && small.blockCounts == [2, 1] && small.scale == 2)
        #expect(small.scalingFactor == 0.5 && small.shiftFactor == 0.25)
        let folder = try TinyAutoencoderSource(path: Self.taesd).autoencoder(on: backend).configuration
        let file = try TinyAutoencoderSource(path: Self.taesd + "/original.safetensors")
            .autoencoder(on: backend).configuration
        #expect(folder == file && file.blockCounts == [3, 3, 3, 1] && file.scale == 8 && file.channels == 12)
    }

    /// A folder with half precision under its own name, and one file in each layout, with an encoder beside it or not.
    @Test func everyLayoutHoldsTheSameWeightsBitForBit() throws {
        let scratch = try ScratchFolder()
        let expected = try TinyAutoencoderSource(path: Self.taesd)
        let keys = expected.weights.keys.filter { $0.hasPrefix("decoder.") }
        func write(_ file: String, _ rename: (String) -> String?) throws -> String {
            let path = scratch.path + "/" + file
            try SafetensorsWriter.write(
                expected.weights.keys.compactMap { key in
                    try rename(key).map { (name: $0, tensor: try #require(expected.weights[key])) }
                }, to: path)
            return path
        }
        func original(_ prefix: String) -> (String) -> String? {
            { key in
                guard key.hasPrefix("decoder.layers.") else { return nil }
                let parts = key.dropFirst("decoder.layers.".count).split(separator: ".", maxSplits: 1)
                return prefix + "\((Int(parts[0]) ?? 0) + 1).\(parts[1])"
            }
        }
        let variant = scratch.path + "/variant"
        try FileManager.default.createDirectory(atPath: variant, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Self.taesd + "/config.json", toPath: variant + "/config.json")
        try FileManager.default.copyItem(
            atPath: Self.taesd + "/diffusion_pytorch_model.safetensors",
            toPath: variant + "/diffusion_pytorch_model.fp16.safetensors")
        let paths = [
            variant, Self.taesd + "/diffusion_pytorch_model.safetensors", Self.taesd + "/original.safetensors",
            try write("decoder.safetensors") { $0.hasPrefix("decoder.") ? $0 : nil },
            try write("halves.safetensors", original("decoder.")),
            try write("merged.safetensors", original("taesd_decoder.")),
        ]
        for path in paths {
            let found = try TinyAutoencoderSource(path: path)
            #expect(found.weights.keys.filter { $0.hasPrefix("decoder.") } == keys, "\(path)")
            for key in keys {
                let (a, b) = (try #require(found.weights[key]), try #require(expected.weights[key]))
                #expect(a.shape == b.shape, "\(path), \(key)")
                #expect(a.withUnsafeBytes { [UInt8]($0) } == b.withUnsafeBytes { [UInt8]($0) }, "\(path), \(key)")
            }
            _ = try found.autoencoder(on: BackendUnderTest.cpuFloat32.make())
        }
    }

    /// What becomes of the original's tensors, nothing of some, and what is said of it.
    private static let bent: [(changes: [String: Shape?], word: String)] = [
        (["19.weight": [1]], "19.weight"), (["8.conv.2.weight": nil], "decoder.layers.7.conv.2.weight"),
        (["1.weight": [12, 4, 1, 1]], "decoder.layers.0.weight: expected"),
        (["5.conv.0.bias": [13]], "decoder.layers.4.conv.0.bias"), (["18.conv.0.weight": nil], "20.weight"),
        (["1.weight": nil], "tensors such as"), (["20.weight": [3, 3]], "1 unread (20.weight)"),
        (["12.bias": [12]], "1 unread (decoder.layers.11.bias)"),
    ]

    @Test(arguments: bent.indices)
    func aFileThatLacksOrBendsATensorIsRefusedByItsName(index: Int) throws {
        let (changes, word) = Self.bent[index]
        let scratch = try ScratchFolder()
        let path = scratch.path + "/taesd_decoder.safetensors"
        let file = try SafetensorsFile(path: Self.taesd + "/original.safetensors")
        var tensors = Dictionary(uniqueKeysWithValues: try file.entries.map { ($0.key, try #require(file[$0.key])) })
        for (key, shape) in changes {
            tensors[key] = shape.map { HostTensor(Array(repeating: 0, count: $0.elementCount), shape: $0) }
        }
        try SafetensorsWriter.write(tensors.map { (name: $0.key, tensor: $0.value) }, to: path)
        let error = #expect(throws: CheckpointError.self) {
            try TinyAutoencoderSource(path: path).autoencoder(on: BackendUnderTest.cpuFloat32.make())
        }
        let text = error?.description ?? ""
        #expect(text.contains(word) && text.hasPrefix("taesd_decoder.safetensors") && !text.contains("\n"), "\(text)")
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/cut.safetensors"
        let bytes = try Data(contentsOf: URL(filePath: Fixture.path("tiny-autoencoders/small/original.safetensors")))
        for count in [0, 7, 8, 100, bytes.count / 2, bytes.count - 1] {
            try bytes.prefix(count).write(to: URL(filePath: path))
            #expect(throws: CheckpointError.self) { try TinyAutoencoderSource(path: path) }
        }
    }

    @Test func whatIsNoDecoderIsRefusedByWhatItIs() throws {
        let scratch = try ScratchFolder()
        let encoder = scratch.path + "/taesd_encoder.safetensors"
        try SafetensorsWriter.write(
            [("0.weight", [4, 3, 3, 3]), ("1.conv.0.weight", [4, 4, 3, 3])].map { (name: $0.0, tensor: zeros($0.1)) },
            to: encoder)
        // As many blocks as one likes to claim.
        let endless = scratch.path + "/endless.safetensors"
        try SafetensorsWriter.write(
            [("1.weight", [4, 4, 3, 3])].map { (name: $0.0, tensor: zeros($0.1)) }
                + (3..<80).map { (name: "\($0).conv.0.weight", tensor: zeros([1])) }, to: endless)
        let pickle = scratch.path + "/taesd_decoder.pth"
        try Data([0x80, 2]).write(to: URL(filePath: pickle))
        for (path, word) in [
            (encoder, "found the encoder of a tiny autoencoder"), (endless, "more than 8 stages or 64 blocks"),
            (pickle, "daguerre models convert"), (Fixture.path("models/vae-a"), "\"AutoencoderKL\", which is not"),
            (Fixture.path("models/vae-a/diffusion_pytorch_model.safetensors"), "found tensors such as decoder."),
            (scratch.path + "/none.safetensors", "none.safetensors"), (scratch.path, "config.json"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try TinyAutoencoderSource(path: path) }
            #expect(error?.description.contains(word) == true, "\(error.debugDescription)")
        }
    }

    private static let hostile: [(fields: String, word: String)] = [
        (#""num_decoder_blocks": []"#, "num_decoder_blocks"), (#""num_decoder_blocks": [3, -1]"#, "num_decoder_blocks"),
        (#""num_decoder_blocks": [3, 3], "decoder_block_out_channels": [8, 16]"#, "one width"),
        (#""num_decoder_blocks": [3], "decoder_block_out_channels": [0]"#, "decoder_block_out_channels"),
        (#""decoder_block_out_channels": [8]"#, "4 numbers"), (#""latent_channels": 9223372036854775807"#, "latent"),
        (#""out_channels": 4"#, "out_channels"), (#""act_fn": "mish""#, "act_fn"), (#""scaling_factor": 0"#, "scaling"),
        (#""upsample_fn": "bilinear""#, "upsample_fn"), (#""upsampling_scaling_factor": 1000000"#, "upsampling"),
    ]

    @Test(arguments: hostile.indices)
    func aConfigurationThatCannotBeBuiltIsRefusedByItsField(index: Int) throws {
        let (fields, word) = Self.hostile[index]
        let text = #"{"_class_name": "AutoencoderTiny", \#(fields)}"#
        let error = #expect(throws: ModelError.self) {
            try decodeConfiguration(TinyAutoencoderConfiguration.self, Array(text.utf8), file: "config.json")
        }
        #expect(error?.description.contains(word) == true, "\(error.debugDescription)")
    }

    @Test func namesAndFactorsTellTheLatentSpace() throws {
        for (name, space) in [
            ("taesd", .stableDiffusion), ("taesd_decoder.safetensors", .stableDiffusion),
            ("TAESD-XL", .stableDiffusionXL),
            ("taesdxl_decoder.safetensors", .stableDiffusionXL), ("taesd3_decoder.safetensors", nil), ("taef1", nil),
            ("taesd_encoder.safetensors", nil), ("my taesd", nil),
        ] as [(String, LatentSpace?)] {
            #expect(LatentSpace(tinyAutoencoder: name) == space, "\(name)")
        }
        func space(_ fields: String) throws -> LatentSpace? {
            LatentSpace(
                try decodeConfiguration(
                    AutoencoderConfiguration.self, Array("{\(fields)}".utf8), file: "config.json"))
        }
        let levels = #""block_out_channels": [32, 32, 32, 32], "down_block_types": null, "up_block_types": null"#
        #expect(try space(levels) == .stableDiffusion)
        #expect(try space(levels + #", "scaling_factor": 0.13025"#) == .stableDiffusionXL)
        #expect(try space(levels + #", "scaling_factor": 1.0"#) == nil)
        #expect(try space(levels + #", "latent_channels": 16"#) == nil)
        #expect(try space("") == nil)
    }

    private func zeros(_ shape: Shape) -> HostTensor {
        HostTensor(Array(repeating: 0, count: shape.elementCount), shape: shape)
    }
}
