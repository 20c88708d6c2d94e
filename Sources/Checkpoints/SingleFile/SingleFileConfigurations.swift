/// The configuration files of a diffusers folder for a checkpoint of one file.
///
/// Sizes are those of the tensors; what shapes do not show is the family's, as in the `config.json` files of
/// stable-diffusion-v1-5, stabilityai's stable-diffusion-2-1, stable-diffusion-xl-base-1.0 and -refiner-1.0.
struct SingleFileConfigurations {
    let family: SingleFileFamily
    let prediction: SingleFilePrediction

    /// `model_index.json`, with every part that a model of the family has, whether the file holds it or not.
    func index(isInpainting: Bool) -> JSONValue {
        func pair(_ library: String, _ name: String) -> JSONValue { .strings([library, name]) }
        var members: [(String, JSONValue)] = [
            ("_class_name", .string(family.pipelineClass(isInpainting: isInpainting))),
            ("unet", pair("diffusers", "UNet2DConditionModel")),
            ("vae", pair("diffusers", "AutoencoderKL")),
            ("scheduler", pair("diffusers", schedulerClass)),
        ]
        for encoder in family.textEncoders {
            let name = encoder.hasProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel"
            members.append((encoder.component, pair("transformers", name)))
            members.append((encoder.tokenizer, pair("transformers", "CLIPTokenizer")))
        }
        switch family {
        case .stableDiffusion1, .stableDiffusion2:
            members.append(("safety_checker", .array([.null, .null])))
            members.append(("feature_extractor", .array([.null, .null])))
            members.append(("requires_safety_checker", .bool(false)))
        case .stableDiffusionXL: members.append(("force_zeros_for_empty_prompt", .bool(true)))
        case .stableDiffusionXLRefiner:
            members.append(("text_encoder", .array([.null, .null])))
            members.append(("tokenizer", .array([.null, .null])))
            members.append(("force_zeros_for_empty_prompt", .bool(false)))
            members.append(("requires_aesthetics_score", .bool(true)))
        }
        return .members(members)
    }

    /// `unet/config.json`.
    func unet(_ layout: UNetLayout, sampleSize: Int?) -> JSONValue {
        let hasText = layout.levels.map { $0.transformerLayers > 0 }
        var members: [(String, JSONValue)] = [
            ("_class_name", .string("UNet2DConditionModel")),
            ("act_fn", .string("silu")),
            ("attention_head_dim", .integers(layout.levels.map { heads($0.channels) })),
            ("block_out_channels", .integers(layout.levels.map(\.channels))),
            ("center_input_sample", .bool(false)),
            ("cross_attention_dim", .integer(layout.contextWidth ?? 768)),
            (
                "down_block_types",
                .strings(hasText.map { $0 ? "CrossAttnDownBlock2D" : "DownBlock2D" })
            ),
            ("downsample_padding", .integer(1)),
            ("flip_sin_to_cos", .bool(true)),
            ("freq_shift", .integer(0)),
            ("in_channels", .integer(layout.inChannels)),
            ("layers_per_block", .integers(layout.levels.map(\.layerCount))),
            ("mid_block_scale_factor", .integer(1)),
            (
                "mid_block_type",
                .string(layout.middleTransformerLayers > 0 ? "UNetMidBlock2DCrossAttn" : "UNetMidBlock2D")
            ),
            ("norm_eps", .fraction(1e-5)),
            ("norm_num_groups", .integer(32)),
            ("out_channels", .integer(layout.outChannels)),
            ("sample_size", .integer(sampleSize ?? family.sampleSize(prediction))),
            ("transformer_layers_per_block", .integers(transformerLayers(layout))),
            (
                "up_block_types",
                .strings(hasText.reversed().map { $0 ? "CrossAttnUpBlock2D" : "UpBlock2D" })
            ),
            ("use_linear_projection", .bool(layout.hasLinearProjections)),
        ]
        // diffusers takes one number only where all levels have the same.
        if let first = layout.levels.first?.layerCount, layout.levels.allSatisfy({ $0.layerCount == first }) {
            members.removeAll { $0.0 == "layers_per_block" }
            members.append(("layers_per_block", .integer(first)))
        }
        if let width = layout.additionWidth {
            members.append(("addition_embed_type", .string("text_time")))
            members.append(("addition_time_embed_dim", .integer(256)))
            members.append(("projection_class_embeddings_input_dim", .integer(width)))
        }
        return .members(members.sorted { $0.0 < $1.0 })
    }

    /// Eight everywhere in SD 1, heads of 64 channels later.
    private func heads(_ channels: Int) -> Int { family == .stableDiffusion1 ? 8 : max(1, channels / 64) }

    /// The middle's number belongs to the last level; where a level looks at no text, no number is read.
    private func transformerLayers(_ layout: UNetLayout) -> [Int] {
        layout.levels.indices.map { level in
            let own = layout.levels[level].transformerLayers
            guard own == 0 else { return own }
            return level == layout.levels.count - 1 ? max(1, layout.middleTransformerLayers) : 1
        }
    }

    /// `vae/config.json`; `scalingFactor` in place of the family's if it is given.
    func autoencoder(_ layout: AutoencoderLayout, scalingFactor: Double? = nil) -> JSONValue {
        let levels = layout.channels.count
        return .members([
            ("_class_name", .string("AutoencoderKL")),
            ("act_fn", .string("silu")),
            ("block_out_channels", .integers(layout.channels)),
            ("down_block_types", .strings(Array(repeating: "DownEncoderBlock2D", count: levels))),
            ("force_upcast", .bool(true)),
            ("in_channels", .integer(layout.inChannels)),
            ("latent_channels", .integer(layout.latentChannels)),
            ("layers_per_block", .integer(layout.layersPerBlock)),
            ("norm_num_groups", .integer(32)),
            ("out_channels", .integer(layout.outChannels)),
            ("scaling_factor", .fraction(scalingFactor ?? (family.isXL ? 0.13025 : 0.18215))),
            ("up_block_types", .strings(Array(repeating: "UpDecoderBlock2D", count: levels))),
        ])
    }

    /// `text_encoder/config.json`: OpenAI's encoders activate by the approximate GELU, open CLIP's by the exact one.
    func text(_ layout: TextLayout, _ encoder: SingleFileFamily.TextEncoder, layerCount: Int) -> JSONValue {
        .members([
            (
                "architectures",
                .strings([encoder.hasProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel"])
            ),
            ("bos_token_id", .integer(49406)),
            ("eos_token_id", .integer(49407)),
            ("hidden_act", .string(encoder.isOpenCLIP ? "gelu" : "quick_gelu")),
            ("hidden_size", .integer(layout.width)),
            ("intermediate_size", .integer(layout.innerWidth)),
            ("layer_norm_eps", .fraction(1e-5)),
            ("max_position_embeddings", .integer(layout.maximumLength)),
            ("model_type", .string("clip_text_model")),
            ("num_attention_heads", .integer(max(1, layout.width / 64))),
            ("num_hidden_layers", .integer(layerCount)),
            ("projection_dim", .integer(layout.projectionWidth ?? layout.width)),
            ("vocab_size", .integer(layout.vocabularySize)),
        ])
    }

    private var schedulerClass: String {
        switch family {
        case _ where prediction.hasZeroSNR: "EulerDiscreteScheduler"
        case .stableDiffusion1: "PNDMScheduler"
        case .stableDiffusion2: "DDIMScheduler"
        case .stableDiffusionXL, .stableDiffusionXLRefiner: "EulerDiscreteScheduler"
        }
    }

    /// `scheduler/scheduler_config.json`.
    ///
    /// A model that was trained to zero signal-to-noise has to start from the last timestep, hence "trailing": Lin et
    /// al., "Common Diffusion Noise Schedules and Sample Steps are Flawed" (arXiv 2305.08891) §3.
    var scheduler: JSONValue {
        var members: [(String, JSONValue)] = [
            ("_class_name", .string(schedulerClass)),
            ("beta_end", .fraction(0.012)),
            ("beta_schedule", .string("scaled_linear")),
            ("beta_start", .fraction(0.00085)),
            ("clip_sample", .bool(false)),
            ("num_train_timesteps", .integer(1000)),
            ("prediction_type", .string(prediction.type.schedulerName)),
            ("set_alpha_to_one", .bool(false)),
            ("skip_prk_steps", .bool(true)),
            ("steps_offset", .integer(1)),
            ("timestep_spacing", .string(prediction.hasZeroSNR ? "trailing" : "leading")),
            ("trained_betas", .null),
        ]
        if prediction.hasZeroSNR { members.append(("rescale_betas_zero_snr", .bool(true))) }
        return .members(members)
    }

    /// `tokenizer_config.json`: what a prompt is filled up with is "!" in open CLIP, the end elsewhere.
    func tokenizer(_ encoder: SingleFileFamily.TextEncoder) -> JSONValue {
        .members([
            ("bos_token", .string("<|startoftext|>")),
            ("eos_token", .string("<|endoftext|>")),
            ("model_max_length", .integer(77)),
            ("pad_token", .string(encoder.isOpenCLIP ? "!" : "<|endoftext|>")),
            ("tokenizer_class", .string("CLIPTokenizer")),
            ("unk_token", .string("<|endoftext|>")),
        ])
    }
}
