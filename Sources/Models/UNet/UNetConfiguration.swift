/// `unet/config.json`: the shape of a denoiser, with diffusers' field names and defaults.
///
/// Source: diffusers 0.42.1 `UNet2DConditionModel.__init__`.
public struct UNetConfiguration: Decodable, Equatable, Sendable {
    /// The kind of one level of the UNet.
    public enum Block: Equatable, Sendable { case plain, crossAttention }
    /// What stands between the way down and the way up.
    public enum MiddleBlock: Equatable, Sendable { case none, plain, crossAttention }

    /// Pooled text states and numbers about the picture that are added to the time embedding.
    public struct Addition: Equatable, Sendable {
        /// Width of the pooled text states and all sinusoids together.
        public let inputWidth: Int
        /// Width of the sinusoids of one number.
        public let numberWidth: Int
    }

    /// Side of the latents that it was trained on.
    public let sampleSize: Int?
    public let inChannels, outChannels: Int
    public let centerInputSample, flipSinToCos: Bool
    /// See `Backend.timestepEmbedding`.
    public let frequencyShift: Double
    public let downBlocks, upBlocks: [Block]
    /// The lowest level.
    public let middleBlock: MiddleBlock
    /// For each level: whether its first attentions look at the text, too.
    public let onlyCrossAttention: [Bool]
    public let blockOutChannels, layersPerBlock: [Int]
    /// 1 on every side, or 0: right and bottom only.
    public let downsamplePadding: Int
    /// Groups of every group norm.
    public let normGroups: Int
    /// Epsilon of the residual blocks' norms.
    public let normEpsilon: Float
    /// For each level: width of the text states that it looks at.
    public let crossAttentionWidth: [Int]
    /// For each level: blocks of each of its transformers.
    public let transformerLayers: [Int]
    /// Heads of each level.
    ///
    /// The field is called `attention_head_dim` and means their number, in SD 1.x and later alike.
    public let heads: [Int]
    /// Width of the guidance embedding of latent consistency models.
    public let timeConditionWidth: Int?
    /// What Stable Diffusion XL is told beside the text.
    public let addition: Addition?
    public let convInKernel, convOutKernel: Int

    /// Width of the time embedding.
    public var timeWidth: Int { 4 * blockOutChannels[0] }

    private enum Key: String, CodingKey {
        case sampleSize = "sample_size", inChannels = "in_channels", outChannels = "out_channels"
        case centerInputSample = "center_input_sample", flipSinToCos = "flip_sin_to_cos", freqShift = "freq_shift"
        case downBlockTypes = "down_block_types", midBlockType = "mid_block_type", upBlockTypes = "up_block_types"
        case onlyCrossAttention = "only_cross_attention", blockOutChannels = "block_out_channels"
        case layersPerBlock = "layers_per_block", downsamplePadding = "downsample_padding"
        case midBlockScaleFactor = "mid_block_scale_factor", actFn = "act_fn", normNumGroups = "norm_num_groups"
        case normEps = "norm_eps", crossAttentionDim = "cross_attention_dim"
        case transformerLayersPerBlock = "transformer_layers_per_block"
        case reverseTransformerLayers = "reverse_transformer_layers_per_block"
        case encoderHidDimType = "encoder_hid_dim_type", attentionHeadDim = "attention_head_dim"
        case numAttentionHeads = "num_attention_heads", dualCrossAttention = "dual_cross_attention"
        case classEmbedType = "class_embed_type", numClassEmbeds = "num_class_embeds"
        case additionEmbedType = "addition_embed_type", additionTimeEmbedDim = "addition_time_embed_dim"
        case projectionClassEmbeddingsInputDim = "projection_class_embeddings_input_dim"
        case resnetTimeScaleShift = "resnet_time_scale_shift"
        case resnetSkipTimeAct = "resnet_skip_time_act", resnetOutScaleFactor = "resnet_out_scale_factor"
        case timeEmbeddingType = "time_embedding_type", timeEmbeddingDim = "time_embedding_dim"
        case timeEmbeddingActFn = "time_embedding_act_fn", timestepPostAct = "timestep_post_act"
        case timeCondProjDim = "time_cond_proj_dim", convInKernel = "conv_in_kernel", convOutKernel = "conv_out_kernel"
        case attentionType = "attention_type", crossAttentionNorm = "cross_attention_norm"
        case useLinearProjection = "use_linear_projection", upcastAttention = "upcast_attention"
    }

    /// Reads and checks every field.
    ///
    /// `use_linear_projection` needs no branch, since both forms of the weight load; nor does `upcast_attention`, since
    /// scores and softmax are float32 always.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: "unet/config.json")
        func read<T: Decodable>(_ key: Key, _ preset: T) throws -> T {
            try fields.decodeIfPresent(T.self, forKey: key) ?? preset
        }

        blockOutChannels = try read(.blockOutChannels, [320, 640, 1280, 1280])
        let levels = blockOutChannels.count
        try check.require("block_out_channels", blockOutChannels, "1 to 8 levels", (1...8).contains(levels))
        for channels in blockOutChannels { try check.size("block_out_channels", channels) }

        func perBlock<T>(_ key: Key, _ preset: PerBlock<T>) throws -> [T] {
            let setting = try read(key, preset)
            guard let values = setting.expanded(levels) else {
                throw ModelError.invalid(
                    file: check.file, field: key.rawValue, found: "\(setting)",
                    expected: "one value, or one for each of \(levels) levels")
            }
            return values
        }
        func blocks(_ key: Key, _ plain: String, _ crossAttention: String, _ preset: [String]) throws -> [Block] {
            let names = try read(key, preset)
            try check.require(key.rawValue, names, "\(levels) names", names.count == levels)
            return try names.map { name in
                try check.support(
                    key.rawValue, name, "\(plain), \(crossAttention)", [plain, crossAttention].contains(name))
                return name == plain ? .plain : .crossAttention
            }
        }

        sampleSize = try fields.decodeIfPresent(Int.self, forKey: .sampleSize)
        if let sampleSize { try check.size("sample_size", sampleSize) }
        inChannels = try read(.inChannels, 4)
        outChannels = try read(.outChannels, 4)
        try check.size("in_channels", inChannels)
        try check.size("out_channels", outChannels)
        centerInputSample = try read(.centerInputSample, false)
        flipSinToCos = try read(.flipSinToCos, true)
        frequencyShift = try read(.freqShift, 0)

        downBlocks = try blocks(
            .downBlockTypes, "DownBlock2D", "CrossAttnDownBlock2D",
            ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"])
        // ControlNets say nothing of a way up; diffusers' default for UNets mirrors its default for the way down.
        upBlocks = try blocks(
            .upBlockTypes, "UpBlock2D", "CrossAttnUpBlock2D",
            downBlocks.reversed().map { $0 == .plain ? "UpBlock2D" : "CrossAttnUpBlock2D" })
        // An explicit null is a UNet without a middle block; an absent field has diffusers' default.
        let middle =
            fields.contains(.midBlockType)
            ? try fields.decodeIfPresent(String.self, forKey: .midBlockType) : "UNetMidBlock2DCrossAttn"
        switch middle {
        case nil: middleBlock = .none
        case "UNetMidBlock2D": middleBlock = .plain
        case "UNetMidBlock2DCrossAttn": middleBlock = .crossAttention
        case .some(let name):
            throw ModelError.unsupported(
                file: check.file, field: "mid_block_type", found: name,
                supported: "UNetMidBlock2DCrossAttn, UNetMidBlock2D, null")
        }

        onlyCrossAttention = try perBlock(.onlyCrossAttention, .same(false))
        layersPerBlock = try perBlock(.layersPerBlock, .same(2))
        crossAttentionWidth = try perBlock(.crossAttentionDim, .same(1280))
        transformerLayers = try perBlock(.transformerLayersPerBlock, .same(1))
        heads = try perBlock(.attentionHeadDim, .same(8))
        for level in 0..<levels {
            try check.count("layers_per_block", layersPerBlock[level])
            try check.size("cross_attention_dim", crossAttentionWidth[level])
            try check.size("attention_head_dim", heads[level])
        }
        downsamplePadding = try read(.downsamplePadding, 1)
        try check.support("downsample_padding", downsamplePadding, "0, 1", (0...1).contains(downsamplePadding))

        normGroups = try read(.normNumGroups, 32)
        try check.groups("norm_num_groups", normGroups, divide: blockOutChannels)
        normEpsilon = try read(.normEps, 1e-5)
        timeConditionWidth = try fields.decodeIfPresent(Int.self, forKey: .timeCondProjDim)
        if let timeConditionWidth { try check.size("time_cond_proj_dim", timeConditionWidth) }
        addition = try Self.addition(fields, check)
        convInKernel = try read(.convInKernel, 3)
        convOutKernel = try read(.convOutKernel, 3)
        for (field, kernel) in [("conv_in_kernel", convInKernel), ("conv_out_kernel", convOutKernel)] {
            try check.support(field, kernel, "odd numbers to 15", kernel % 2 == 1 && (1...15).contains(kernel))
        }

        for level in 0..<levels {
            let attends =
                downBlocks[level] == .crossAttention || upBlocks[levels - 1 - level] == .crossAttention
                || level == levels - 1 && middleBlock == .crossAttention
            // Where no layer attends, some configurations say 0.
            try check.require(
                "transformer_layers_per_block", transformerLayers[level], "a number from 1 to 64",
                (attends ? 1...64 : 0...64).contains(transformerLayers[level]))
            try check.require(
                "attention_head_dim", heads[level], "a divisor of the level's \(blockOutChannels[level]) channels",
                !attends || blockOutChannels[level] % heads[level] == 0)
        }
        try Self.checkFixedFields(fields, check)
    }

    private static func addition(
        _ fields: KeyedDecodingContainer<Key>, _ check: ConfigurationCheck
    ) throws -> Addition? {
        guard let kind = try fields.decodeIfPresent(String.self, forKey: .additionEmbedType) else { return nil }
        try check.support("addition_embed_type", kind, "text_time, null", kind == "text_time")
        let addition = Addition(
            inputWidth: try fields.decode(Int.self, forKey: .projectionClassEmbeddingsInputDim),
            numberWidth: try fields.decode(Int.self, forKey: .additionTimeEmbedDim))
        try check.size("projection_class_embeddings_input_dim", addition.inputWidth)
        try check.size("addition_time_embed_dim", addition.numberWidth)
        return addition
    }

    /// Fields that other families of models use, and that have one value in Stable Diffusion.
    private static func checkFixedFields(
        _ fields: KeyedDecodingContainer<Key>, _ check: ConfigurationCheck
    ) throws {
        func fixed<T: Decodable & Equatable>(_ key: Key, _ supported: T) throws {
            let found = try fields.decodeIfPresent(T.self, forKey: key) ?? supported
            try check.support(key.rawValue, found, "\(supported)", found == supported)
        }
        func absent(_ key: Key) throws {
            guard fields.contains(key), try !fields.decodeNil(forKey: key) else { return }
            let found = (try? fields.decode(String.self, forKey: key)) ?? "set"
            throw ModelError.unsupported(file: check.file, field: key.rawValue, found: found, supported: "null")
        }
        let activation = try fields.decodeIfPresent(String.self, forKey: .actFn) ?? "silu"
        try check.support("act_fn", activation, "silu", ["silu", "swish"].contains(activation))
        try fixed(.midBlockScaleFactor, 1.0)
        try fixed(.resnetOutScaleFactor, 1.0)
        try fixed(.resnetTimeScaleShift, "default")
        try fixed(.resnetSkipTimeAct, false)
        try fixed(.timeEmbeddingType, "positional")
        try fixed(.attentionType, "default")
        try fixed(.dualCrossAttention, false)
        for key: Key in [
            .reverseTransformerLayers, .encoderHidDimType, .numAttentionHeads, .classEmbedType, .numClassEmbeds,
            .timeEmbeddingDim, .timeEmbeddingActFn, .timestepPostAct, .crossAttentionNorm,
        ] {
            try absent(key)
        }
    }
}
