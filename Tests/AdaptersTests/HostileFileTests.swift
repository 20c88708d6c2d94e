import DaguerreAdapters
import DaguerreCPU
import DaguerreCheckpoints
import DaguerreTensors
import Testing

/// Files that are no sound adapters are refused in words; none of them traps.
@Suite struct HostileFileTests {
    private let layer = "lora_unet_mid_block_attentions_0_proj_in"

    private func refusal(
        _ tensors: [String: Shape], alphas: [String: Float] = [:], at location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let file = try adapterFile(tensors, alphas: alphas)
        let error = try #require(throws: AdapterError.self, sourceLocation: location) { _ = try Adapter(file) }
        #expect(!"\(error)".contains("\n"), sourceLocation: location)
        return "\(error)"
    }

    @Test func halfAPairIsRefusedByTheOtherHalfsName() throws {
        #expect(
            try refusal(["\(layer).lora_down.weight": [2, 12]])
                == "test.safetensors: layer \"mid_block_attentions_0_proj_in\" has lora_down but no lora_up")
        #expect(try refusal(["\(layer).lora_up.weight": [12, 2]]).contains("has lora_up but no lora_down"))
        #expect(try refusal(["\(layer).hada_w1_a": [12, 2], "\(layer).hada_w1_b": [2, 12]]).contains("no hada_w2_a"))
        #expect(try refusal(["\(layer).lokr_w1": [3, 3]]).contains("has lokr_w1 but no lokr_w2_a"))
        #expect(try refusal(["\(layer).dora_scale": [12, 1]]).contains("has dora_scale but no matrices"))
        #expect(try refusal([:], alphas: ["\(layer).alpha": 1]).contains("no matrices"))
    }

    @Test func ranksThatDifferAreRefused() throws {
        #expect(
            try refusal(["\(layer).lora_down.weight": [2, 12], "\(layer).lora_up.weight": [12, 3]])
                .contains("lora_up.weight\" is [12, 3] of float32, expected [O, 2] as the other matrix has rank 2"))
        #expect(
            try refusal([
                "\(layer).lora_down.weight": [2, 12, 1, 1], "\(layer).lora_up.weight": [12, 2, 1, 1],
                "\(layer).lora_mid.weight": [2, 3, 3, 3],
            ]).contains("expected [2, 2, K, K]"))
    }

    @Test func ranksBeyondReasonAreRefused() throws {
        #expect(
            try refusal(["\(layer).lora_down.weight": [0, 12], "\(layer).lora_up.weight": [12, 0]])
                .contains("a tensor with elements"))
        #expect(
            try refusal(["\(layer).lora_down.weight": [4097, 1], "\(layer).lora_up.weight": [1, 4097]])
                .contains("a rank from 1 to 4096"))
    }

    @Test(arguments: [Float.nan, .infinity])
    func anAlphaThatIsNoNumberIsRefused(alpha: Float) throws {
        let message = try refusal(
            ["\(layer).lora_down.weight": [2, 12], "\(layer).lora_up.weight": [12, 2]],
            alphas: ["\(layer).alpha": alpha])
        #expect(message.contains("\(layer).alpha\" is \(alpha), expected one finite number"))
    }

    @Test func anAlphaOfSeveralNumbersIsRefused() throws {
        #expect(
            try refusal([
                "\(layer).lora_down.weight": [2, 12], "\(layer).lora_up.weight": [12, 2], "\(layer).alpha": [2],
            ]).contains("expected one finite number"))
    }

    /// Every parameter with every small shape, alone and beside a sound pair: a refusal or a file, never a trap.
    @Test func noParameterOfAnyShapeTraps() throws {
        let shapes: [Shape] = [
            [], [1], [12], [0], [2, 12], [12, 2], [2, 2], [2, 2, 3], [2, 2, 3, 3], [1, 1, 1, 1, 1],
        ]
        let names = [
            "lora_down.weight", "lora_up.weight", "lora_mid.weight", "alpha", "dora_scale", "diff", "diff_b", "w_norm",
            "b_norm", "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2", "lokr_w1", "lokr_w1_a",
            "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2",
        ]
        let groups: [[String: Shape]] = [
            [:], ["lora_down.weight": [2, 12], "lora_up.weight": [12, 2]],
            ["hada_w1_a": [12, 2], "hada_w1_b": [2, 12], "hada_w2_a": [12, 2], "hada_w2_b": [2, 12]],
            ["lokr_w1": [3, 3], "lokr_w2_a": [4, 2], "lokr_w2_b": [2, 4]],
        ]
        let fixture = try AdapterFixture(on: CPUBackend(precision: .float32, threads: 1))
        var refused = 0
        for group in groups {
            for name in names {
                for shape in shapes {
                    var tensors = group
                    tensors[name] = shape
                    let keys = Dictionary(uniqueKeysWithValues: tensors.map { ("\(layer).\($0.key)", $0.value) })
                    do {
                        let adapter = try Adapter(adapterFile(keys)).bind(to: fixture.target)
                        _ = try fixture.output(.unet, with: [(adapter, AdapterWeights())], policy: .sidePath)
                    } catch is AdapterError {
                        refused += 1
                    }
                }
            }
        }
        #expect(refused > 500 && refused < groups.count * names.count * shapes.count)
    }

    @Test func twoNamesForOneParameterAreRefused() throws {
        let prefix = "unet.mid_block.attentions.0.transformer_blocks.0.attn1"
        let message = try refusal([
            "\(prefix).processor.to_q_lora.down.weight": [2, 12], "\(prefix).to_q.lora_A.weight": [2, 12],
            "\(prefix).to_q.lora_B.weight": [12, 2],
        ])
        #expect(message.contains("these tensors name one parameter: \(prefix).processor.to_q_lora.down.weight"))
    }

    @Test(arguments: [
        ("lora_unet_x.oft_blocks", "OFT adapters are not supported"), ("lora_unet_x.on_input", "IA³"),
        ("lora_unet_x.a1.weight", "GLoRA"), ("lora_unet_x.boft_r", "BOFT"),
        ("lllite_unet_x.down.0.weight", "ControlLLL"),
        ("lora_controlnet", "Control-LoRA"), ("emb_params", "expected a LoRA or a relative, found an embedding"),
        ("model.diffusion_model.input_blocks.0.0.weight", "found a whole checkpoint"),
        ("control_model.zero_convs.0.0.weight", "found a ControlNet"),
        ("image_proj.proj.weight", "found an IP-Adapter"),
        ("lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight", "made for Flux"),
        ("lora_unet_joint_blocks_0_x.lora_down.weight", "made for Stable Diffusion 3"),
        ("hypernetwork.768", "hypernetwork adapters are not supported"), ("weight", "found a tensor \"weight\""),
    ])
    func whatIsNotSupportedIsRefusedByName(key: String, words: String) throws {
        #expect(try refusal([key: [2, 2]]).contains(words))
    }

    @Test(arguments: ["lora.pt", "lora.ckpt", "lora.bin"])
    func aPickleIsNotOpened(name: String) throws {
        let error = try #require(throws: AdapterError.self) { _ = try Adapter(path: "/nowhere/\(name)") }
        #expect("\(error)".contains("\(name): expected a LoRA or a relative, found a pickle, which could run code"))
    }

    @Test func metadataThatAreNoJSONSayNothing() throws {
        let file = try adapterFile(
            ["\(layer).lora_down.weight": [2, 12], "\(layer).lora_up.weight": [12, 2]],
            metadata: ["lora_adapter_metadata": "{", "ss_tag_frequency": "[1, 2"])
        #expect(try Adapter(file).triggerWords.isEmpty)
    }
}
