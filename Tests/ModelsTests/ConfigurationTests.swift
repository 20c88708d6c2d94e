import DaguerreModels
import FoundationEssentials
import Testing

/// Configurations that no model can have are refused by name, before anything is computed from them.
@Suite struct ConfigurationTests {
    private func expectRefusal<Configuration: Decodable>(
        of json: String, as type: Configuration.Type, naming field: String
    ) {
        let error = #expect(throws: ModelError.self) { try JSONDecoder().decode(type, from: Data(json.utf8)) }
        #expect(error?.description.contains(field) == true, "\(json)")
    }

    @Test(arguments: [
        ("max_position_embeddings", "1"), ("max_position_embeddings", "0"), ("vocab_size", "0"), ("hidden_size", "-1"),
        ("num_attention_heads", "7"), ("num_attention_heads", "0"), ("num_hidden_layers", "0"),
        ("intermediate_size", "9223372036854775807"), ("hidden_act", "\"relu\""),
    ])
    func textEncoder(field: String, value: String) {
        expectRefusal(of: "{\"\(field)\": \(value)}", as: CLIPTextConfiguration.self, naming: field)
    }

    @Test(arguments: [
        ("block_out_channels", "[]"), ("block_out_channels", "[1,1,1,1,1,1,1,1,1]"),
        ("block_out_channels", "[9223372036854775807,640,1280,1280]"), ("attention_head_dim", "0"),
        ("attention_head_dim", "[8,8]"), ("norm_num_groups", "0"), ("norm_num_groups", "33"),
        ("layers_per_block", "-2"), ("transformer_layers_per_block", "1000000"), ("conv_in_kernel", "2"),
        ("cross_attention_dim", "0"), ("sample_size", "0"), ("in_channels", "0"), ("downsample_padding", "3"),
        ("down_block_types", "[\"DownBlock2D\"]"), ("mid_block_type", "\"UNetMidBlock3D\""),
    ])
    func unet(field: String, value: String) {
        expectRefusal(of: "{\"\(field)\": \(value)}", as: UNetConfiguration.self, naming: field)
    }

    @Test(arguments: [
        ("block_out_channels", "[]"), ("block_out_channels", "[0]"), ("latent_channels", "0"),
        ("out_channels", "-3"), ("norm_num_groups", "0"), ("layers_per_block", "0"), ("scaling_factor", "0"),
        ("scaling_factor", "-1"), ("act_fn", "\"relu\""), ("latents_mean", "[0]"),
    ])
    func autoencoder(field: String, value: String) {
        expectRefusal(of: "{\"\(field)\": \(value)}", as: AutoencoderConfiguration.self, naming: field)
    }

    @Test(arguments: [
        ("_class_name", "\"ControlNetUnionModel\""), ("num_control_type", "6"), ("conditioning_channels", "1"),
        ("conditioning_embedding_out_channels", "[]"), ("conditioning_embedding_out_channels", "[0]"),
        ("conditioning_embedding_out_channels", "[1,1,1,1,1,1,1,1,1]"), ("encoder_hid_dim", "64"),
        ("controlnet_conditioning_channel_order", "\"grb\""), ("mid_block_type", "null"),
        ("block_out_channels", "[]"), ("time_cond_proj_dim", "256"), ("addition_embed_type", "\"text\""),
    ])
    func controlNet(field: String, value: String) {
        expectRefusal(of: "{\"\(field)\": \(value)}", as: ControlNetConfiguration.self, naming: field)
        expectRefusal(of: "{\"\(field)\": \(value)}", as: ControlNetConfiguration.self, naming: "controlnet/")
    }

    @Test(arguments: [
        ("cross_attention_dim", "1024"), ("block_out_channels", "[320, 640, 1280, 1312]"), ("layers_per_block", "1"),
        ("in_channels", "9"),
    ])
    func aControlNetOfAnotherFamilyIsRefused(field: String, value: String) throws {
        let unet = try JSONDecoder().decode(UNetConfiguration.self, from: Data(#"{"cross_attention_dim": 768}"#.utf8))
        let shape = #"{"cross_attention_dim": 768, "\#(field)": \#(value)}"#
        let other = field == "cross_attention_dim" ? #"{"cross_attention_dim": \#(value)}"# : shape
        let net = try JSONDecoder().decode(ControlNetConfiguration.self, from: Data(other.utf8))
        let error = #expect(throws: ModelError.self) { try net.requireFit(to: unet) }
        #expect(error?.description.contains(field) == true)
    }

    @Test(arguments: [
        ("adapter_type", "\"full_adapter_xxl\""), ("channels", "[]"), ("channels", "[320, 0]"), ("in_channels", "2"),
        ("num_res_blocks", "0"), ("downscale_factor", "0"), ("downscale_factor", "65"),
    ])
    func t2iAdapter(field: String, value: String) {
        expectRefusal(of: "{\"\(field)\": \(value)}", as: T2IAdapterConfiguration.self, naming: field)
    }

    @Test(arguments: ["{\"adapter_type\": \"full_adapter_xl\"}", "{\"channels\": [320, 640, 1280, 1312]}"])
    func aT2IAdapterOfAnotherFamilyIsRefused(json: String) throws {
        let unet = try JSONDecoder().decode(UNetConfiguration.self, from: Data("{}".utf8))
        let adapter = try JSONDecoder().decode(T2IAdapterConfiguration.self, from: Data(json.utf8))
        #expect(throws: ModelError.self) { try adapter.requireFit(to: unet, pixels: 8) }
        let usual = try JSONDecoder().decode(T2IAdapterConfiguration.self, from: Data("{}".utf8))
        try usual.requireFit(to: unet, pixels: 8)
    }

    @Test(arguments: [
        ("hidden_size", "0"), ("image_size", "0"), ("image_size", "9223372036854775807"), ("patch_size", "225"),
        ("patch_size", "0"), ("num_attention_heads", "7"), ("num_hidden_layers", "65"), ("hidden_act", "\"relu\""),
        ("num_channels", "1"), ("projection_dim", "-1"),
    ])
    func visionEncoder(field: String, value: String) {
        expectRefusal(of: "{\"\(field)\": \(value)}", as: CLIPVisionConfiguration.self, naming: field)
        expectRefusal(
            of:
                "{\"vision_config\": {\"\(field)\": \(value)}, \"projection_dim\": \(field == "projection_dim" ? "0" : "8")}",
            as: SafetyCheckerConfiguration.self, naming: field)
    }

    @Test func aLevelWithoutAttentionMaySayThatItHasNoTransformerBlocks() throws {
        let json = """
            {"block_out_channels": [320, 640, 1280], "attention_head_dim": [5, 10, 20],
             "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
             "transformer_layers_per_block": [0, 2, 10]}
            """
        let net = try JSONDecoder().decode(ControlNetConfiguration.self, from: Data(json.utf8))
        #expect(net.unet.transformers.filter { $0.part != .up }.map(\.blockCount) == [2, 2, 10, 10, 10])
        expectRefusal(
            of: json.replacing("[0, 2, 10]", with: "[1, 0, 10]"), as: ControlNetConfiguration.self,
            naming: "transformer_layers_per_block")
    }
}
