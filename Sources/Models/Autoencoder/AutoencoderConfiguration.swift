/// `vae/config.json`: the shape of an autoencoder, with diffusers' field names and defaults.
///
/// Source: diffusers 0.42.1 `AutoencoderKL.__init__`.
public struct AutoencoderConfiguration: Decodable, Equatable, Sendable {
    public let inChannels, outChannels, latentChannels: Int
    /// Channels of each level, the largest image first.
    public let blockOutChannels: [Int]
    public let layersPerBlock, normGroups: Int
    /// The denoiser sees `(latents - shiftFactor) · scalingFactor`.
    public let scalingFactor, shiftFactor: Double
    /// Whether float16 overflows in it, so that float32 must be used instead; bfloat16 has float32's range.
    public let forceUpcast: Bool
    public let hasQuantConvolution, hasPostQuantConvolution, hasMiddleAttention: Bool

    /// Pixels per latent on each side.
    public var scale: Int { 1 << (blockOutChannels.count - 1) }

    private enum Key: String, CodingKey {
        case inChannels = "in_channels", outChannels = "out_channels", downBlockTypes = "down_block_types"
        case upBlockTypes = "up_block_types", blockOutChannels = "block_out_channels"
        case layersPerBlock = "layers_per_block", actFn = "act_fn", latentChannels = "latent_channels"
        case normNumGroups = "norm_num_groups", scalingFactor = "scaling_factor", shiftFactor = "shift_factor"
        case latentsMean = "latents_mean", latentsStd = "latents_std", forceUpcast = "force_upcast"
        case useQuantConv = "use_quant_conv", usePostQuantConv = "use_post_quant_conv"
        case midBlockAddAttention = "mid_block_add_attention"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: "vae/config.json")
        func read<T: Decodable>(_ key: Key, _ preset: T) throws -> T {
            try fields.decodeIfPresent(T.self, forKey: key) ?? preset
        }
        inChannels = try read(.inChannels, 3)
        outChannels = try read(.outChannels, 3)
        latentChannels = try read(.latentChannels, 4)
        blockOutChannels = try read(.blockOutChannels, [64])
        layersPerBlock = try read(.layersPerBlock, 1)
        normGroups = try read(.normNumGroups, 32)
        scalingFactor = try read(.scalingFactor, 0.18215)
        shiftFactor = try fields.decodeIfPresent(Double.self, forKey: .shiftFactor) ?? 0
        forceUpcast = try read(.forceUpcast, true)
        hasQuantConvolution = try read(.useQuantConv, true)
        hasPostQuantConvolution = try read(.usePostQuantConv, true)
        hasMiddleAttention = try read(.midBlockAddAttention, true)

        try check.require(
            "block_out_channels", blockOutChannels, "1 to 8 levels", (1...8).contains(blockOutChannels.count))
        for channels in blockOutChannels { try check.size("block_out_channels", channels) }
        for (field, channels) in [
            ("in_channels", inChannels), ("out_channels", outChannels), ("latent_channels", latentChannels),
        ] {
            try check.size(field, channels)
        }
        try check.count("layers_per_block", layersPerBlock)
        try check.groups("norm_num_groups", normGroups, divide: blockOutChannels)
        try check.require(
            "scaling_factor", scalingFactor, "a positive number", scalingFactor > 0 && scalingFactor.isFinite)
        for (key, supported): (Key, String) in [
            (.downBlockTypes, "DownEncoderBlock2D"), (.upBlockTypes, "UpDecoderBlock2D"),
        ] {
            let names = try read(key, Array(repeating: supported, count: blockOutChannels.count))
            try check.require(
                key.rawValue, names, "\(blockOutChannels.count) names", names.count == blockOutChannels.count)
            for name in names { try check.support(key.rawValue, name, supported, name == supported) }
        }
        let activation = try read(.actFn, "silu")
        try check.support("act_fn", activation, "silu", ["silu", "swish"].contains(activation))
        for key: Key in [.latentsMean, .latentsStd] {
            let values = try fields.decodeIfPresent([Double].self, forKey: key)
            try check.support(key.rawValue, values.map { "\($0)" } ?? "null", "null", values == nil)
        }
    }
}
