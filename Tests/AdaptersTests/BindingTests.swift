import DaguerreAdapters
import DaguerreCheckpoints
import DaguerreReference
import DaguerreTensors
import TestSupport
import Testing

/// Which layers an adapter's names find, and what is said of those that find none.
@Suite struct BindingTests {
    private let middle = "lora_unet_mid_block_attentions_0_proj_in"
    private var pair: [String: Shape] {
        ["\(middle).lora_down.weight": [2, 12], "\(middle).lora_up.weight": [12, 2]]
    }

    private func target(isXL: Bool = false) throws -> AdapterTarget {
        try AdapterFixture(isXL: isXL, on: ReferenceBackend()).target
    }

    @Test func theReceiptSaysWhatMatched() throws {
        let receipt = try Adapter(path: AdapterFixture.path("kohya-sd1")).bind(to: target()).receipt
        #expect(receipt.file == "kohya-sd1.safetensors")
        // 3 transformers of 10 matrices and 2 projections; 3 layers of 6 matrices.
        #expect(receipt.matched == ["unet": 48, "text_encoder": 18])
        #expect(receipt.kinds == ["LoRA": 66] && receipt.ranks == [3])
        #expect(receipt.unmatched.isEmpty && receipt.embeddings.isEmpty)
        #expect(receipt.family == "sd_v1")
        #expect(receipt.triggerWords == ["apple", "red", "pear"])
    }

    /// As `sha256sum` prints it.
    @Test func theDigestIsTheFilesSHA256() throws {
        let file = try adapterFile(pair)
        #expect(try Adapter(file).digest == file.digest())
        let bytes = try HostBytes(path: AdapterFixture.path("bundle"), mapping: .read)
        var digest = SHA256()
        bytes.withUnsafeBytes { digest.update($0) }
        let adapter = try Adapter(path: AdapterFixture.path("bundle"))
        #expect(adapter.digest == digest.hexadecimal())
        let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
        var tensors = SHA256()
        bytes.withUnsafeBytes { tensors.update(UnsafeRawBufferPointer(rebasing: $0[(8 + length)...])) }
        #expect(adapter.tensorDigest() == tensors.hexadecimal())
    }

    @Test func keysThatNameNoLayerAreListedOrRefused() throws {
        var tensors = pair
        tensors["lora_unet_mid_block_attentions_9_proj_in.lora_down.weight"] = [2, 12]
        tensors["lora_unet_mid_block_attentions_9_proj_in.lora_up.weight"] = [12, 2]
        tensors["something.else"] = [1]
        let adapter = try Adapter(adapterFile(tensors))
        let receipt = try adapter.bind(to: target()).receipt
        #expect(receipt.matched == ["unet": 1])
        let unmatched = [
            "lora_unet_mid_block_attentions_9_proj_in.lora_down.weight",
            "lora_unet_mid_block_attentions_9_proj_in.lora_up.weight", "something.else",
        ]
        #expect(receipt.unmatched == unmatched)
        #expect(throws: AdapterError.unmatched(file: "test.safetensors", keys: unmatched)) {
            _ = try adapter.bind(to: target(), strict: true)
        }
    }

    @Test func anAdapterOfNoLayerIsRefused() throws {
        let adapter = try Adapter(
            adapterFile(["lora_unet_x.lora_down.weight": [2, 12], "lora_unet_x.lora_up.weight": [12, 2]]))
        #expect(
            throws: AdapterError.matchesNothing(file: "test.safetensors", example: "lora_unet_x.lora_down.weight")
        ) {
            _ = try adapter.bind(to: target())
        }
    }

    /// The widths are those of the real families; the model's is the fixture's.
    @Test(arguments: [
        (768, "Stable Diffusion 1.x"), (1024, "Stable Diffusion 2.x"), (2048, "Stable Diffusion XL"),
        (1280, "Stable Diffusion XL's refiner"), (77, "a model whose text states are 77 wide"),
    ])
    func anAdapterOfAnotherFamilyIsRefusedWithTheReason(width: Int, family: String) throws {
        for key in [
            "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k",
            "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_v",
        ] {
            let adapter = try Adapter(
                adapterFile(["\(key).lora_down.weight": [2, width], "\(key).lora_up.weight": [64, 2]]))
            let error = try #require(throws: AdapterError.self) { _ = try adapter.bind(to: target()) }
            #expect(
                "\(error)" == "test.safetensors: made for \(family): attn2.to_k is \(width) wide, the model's 10")
        }
    }

    @Test func anAdapterOfASecondTextEncoderIsRefusedWhereThereIsNone() throws {
        let name = "lora_te2_text_model_encoder_layers_0_mlp_fc1"
        let text = try Adapter(adapterFile(["\(name).lora_down.weight": [2, 28], "\(name).lora_up.weight": [52, 2]]))
        let refusal = try #require(throws: AdapterError.self) { _ = try text.bind(to: target()) }
        #expect("\(refusal)".contains("it changes a second text encoder, which the model does not have"))
    }

    @Test func aLayerOfAnotherShapeIsRefused() throws {
        func refusal(_ tensors: [String: Shape]) throws -> String {
            let error = try #require(throws: AdapterError.self) {
                _ = try Adapter(adapterFile(tensors)).bind(to: target())
            }
            return "\(error)"
        }
        #expect(
            try refusal(["\(middle).lora_down.weight": [2, 13], "\(middle).lora_up.weight": [12, 2]])
                .contains("does not fit the model: the layer is [12, 12, 1, 1], the adapter [12, 13]"))
        let convolution = "lora_unet_mid_block_resnets_0_conv1"
        #expect(
            try refusal(["\(convolution).lora_down.weight": [2, 12, 9, 1], "\(convolution).lora_up.weight": [12, 2]])
                .contains("for a kernel of [9, 1]"))
        #expect(
            try refusal([
                "\(convolution).lora_down.weight": [2, 12, 3, 3], "\(convolution).lora_up.weight": [12, 2],
                "\(convolution).dora_scale": [13, 1, 1, 1],
            ]).contains("12 wide, the adapter a length for 13"))
        let query = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"
        #expect(
            try refusal(["\(query).diff": [12, 12], "\(query).diff_b": [12]]).contains("the layer is without a bias"))
        let norm = "lora_unet_mid_block_attentions_0_norm"
        #expect(
            try refusal(["\(norm).lora_down.weight": [2, 1], "\(norm).lora_up.weight": [12, 2]])
                .contains("the layer is a vector, the adapter a matrix"))
    }

    /// `proj_out` of a transformer, `to_out.0`, and the second name that old files have for it.
    @Test(arguments: [
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0",
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out",
        "lora_unet_middle_block_1_transformer_blocks_0_attn1_to_out_0",
        "lycoris_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0",
        "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0",
        "diffusion_model.middle_block.1.transformer_blocks.0.attn1.to_out.0",
        "base_model.model.unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0",
        "mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out",
    ])
    func everyDialectFindsTheLayer(module: String) throws {
        let adapter = try Adapter(
            adapterFile(["\(module).lora_down.weight": [2, 12], "\(module).lora_up.weight": [12, 2]]))
        #expect(try adapter.bind(to: target(), strict: true).receipt.matched == ["unet": 1])
    }

    /// Names outside the blocks, and inside them where the dialects differ most; XL's sizes have layers of their own.
    @Test(arguments: [
        ("input_blocks_0_0", "conv_in"), ("time_embed_0", "time_embedding.linear_1"),
        ("time_embed_2", "time_embedding.linear_2"), ("label_emb_0_0", "add_embedding.linear_1"),
        ("label_emb_0_2", "add_embedding.linear_2"), ("out_2", "conv_out"),
        ("middle_block_2_emb_layers_1", "mid_block.resnets.1.time_emb_proj"),
    ])
    func stabilitysNamesFindXLsLayers(name: String, path: String) throws {
        let files = try DiskModelFolder(path: Fixture.path("models/unet-xl"))
        let store = try files.weights(of: "")
        let shape = try #require(store.entry(path + ".weight")?.shape)
        let kernel = shape.extents.dropFirst(2)
        let adapter = try Adapter(
            adapterFile([
                "lora_unet_\(name).lora_down.weight": Shape([1, shape[1]] + kernel),
                "lora_unet_\(name).lora_up.weight": Shape([shape[0], 1] + kernel.map { _ in 1 }),
            ]))
        let target = AdapterTarget(unet: store)
        #expect(try adapter.bind(to: target, strict: true).receipt.matched == ["unet": 1])
    }

    /// Where a file has a layer under both names, diffusers' counts, as it does for diffusers.
    @Test func aLayerUnderTwoNamesCountsOnce() throws {
        var tensors = pair
        tensors["lora_unet_middle_block_1_proj_in.lora_down.weight"] = [1, 12]
        tensors["lora_unet_middle_block_1_proj_in.lora_up.weight"] = [12, 1]
        let receipt = try Adapter(adapterFile(tensors)).bind(to: target()).receipt
        #expect(receipt.ranks == [2] && receipt.unmatched.count == 2)
    }

    @Test func bundledEmbeddingsAreHandedOut() throws {
        let adapter = try Adapter(path: AdapterFixture.path("bundle"))
        #expect(adapter.embeddings.map(\.name) == ["apple", "v1.5 pear"])
        #expect(adapter.embeddings[0].tensors["string_to_param.*"]?.shape == [2, 20])
        #expect(adapter.embeddings[1].tensors.mapValues(\.shape) == ["clip_l": [1, 20], "clip_g": [1, 28]])
        #expect(try adapter.embeddings[0].textualInversion().widths == [20])
        let pear = try adapter.embeddings[1].textualInversion()
        #expect(pear.widths == [20, 28] && pear.vectorCount == 1)
        var library = EmbeddingLibrary()
        library.add(pear, as: adapter.embeddings[1].name)
        #expect(library.names == ["v1.5 pear"])
        #expect(try library.embedding("v1.5 pear")?.widths == [20, 28])
        let receipt = try adapter.bind(to: target(), strict: true).receipt
        #expect(receipt.matched == ["unet": 1] && receipt.embeddings == ["apple", "v1.5 pear"])
    }

    /// A table that is looked up on the host cannot be changed by a backend; it must not count as matched.
    @Test func aTableOfEmbeddingsIsNotMatched() throws {
        let name = "lora_te_text_model_embeddings_token_embedding"
        var tensors = pair
        tensors["\(name).diff"] = [99, 20]
        #expect(try Adapter(adapterFile(tensors)).bind(to: target()).receipt.unmatched == ["\(name).diff"])
    }
}
