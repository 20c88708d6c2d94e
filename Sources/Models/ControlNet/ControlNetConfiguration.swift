/// `config.json` of a ControlNet: the shape of a UNet's way down and middle, and of what reads the control picture.
///
/// Source: diffusers 0.42.1 `ControlNetModel.__init__`, whose field names and defaults these are.
public struct ControlNetConfiguration: Decodable, Equatable, Sendable {
    /// The order in which the first convolution expects the control picture's channels.
    public enum ChannelOrder: String, Decodable, Sendable { case rgb, bgr }

    /// The copy of a UNet's way down and middle; nothing is made of its way up.
    public let unet: UNetConfiguration
    /// Channels of the control picture.
    public let conditioningChannels: Int
    /// Channels of the convolutions that read the control picture; each but the first halves its size.
    public let hintChannels: [Int]
    /// Blue first for a few old models.
    public let channelOrder: ChannelOrder
    /// What it adds is averaged over the pixels, and only the prompt hears of it, not the negative one.
    public let poolsGlobally: Bool

    /// Pixels of the control picture for each latent, on each side.
    public var scale: Int { 1 << (hintChannels.count - 1) }

    private enum Key: String, CodingKey {
        case conditioningChannels = "conditioning_channels"
        case channelOrder = "controlnet_conditioning_channel_order"
        case hintChannels = "conditioning_embedding_out_channels"
        case globalPoolConditions = "global_pool_conditions"
        case encoderHidDim = "encoder_hid_dim", midBlockType = "mid_block_type"
        // Of the other kinds that diffusers knows.
        case controlTypes = "num_control_type", className = "_class_name"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built, or a
    ///   kind of ControlNet that is not supported.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: Self.file)
        let name = try fields.decodeIfPresent(String.self, forKey: .className) ?? "ControlNetModel"
        try check.support("_class_name", name, "ControlNetModel", name == "ControlNetModel")
        let types = try fields.decodeIfPresent(Int.self, forKey: .controlTypes)
        try check.support("num_control_type", types ?? 0, "none: a ControlNet of one kind", types == nil)
        let textWidth = try fields.decodeIfPresent(Int.self, forKey: .encoderHidDim)
        try check.support("encoder_hid_dim", textWidth ?? 0, "null", textWidth == nil)

        do {
            unet = try UNetConfiguration(from: decoder)
        } catch let error as ModelError {
            throw error.of(file: Self.file)
        }
        try check.support(
            "time_cond_proj_dim", unet.timeConditionWidth ?? 0, "null", unet.timeConditionWidth == nil)
        try check.require("mid_block_type", "null", "a middle block", unet.middleBlock != .none)
        conditioningChannels = try fields.decodeIfPresent(Int.self, forKey: .conditioningChannels) ?? 3
        try check.support("conditioning_channels", conditioningChannels, "3", conditioningChannels == 3)
        hintChannels = try fields.decodeIfPresent([Int].self, forKey: .hintChannels) ?? [16, 32, 96, 256]
        try check.require(
            "conditioning_embedding_out_channels", hintChannels, "1 to 8 numbers", (1...8).contains(hintChannels.count))
        for channels in hintChannels { try check.size("conditioning_embedding_out_channels", channels) }
        let order = try fields.decodeIfPresent(String.self, forKey: .channelOrder) ?? "rgb"
        try check.support(
            "controlnet_conditioning_channel_order", order, "rgb, bgr", ChannelOrder(rawValue: order) != nil)
        channelOrder = ChannelOrder(rawValue: order) ?? .rgb
        poolsGlobally = try fields.decodeIfPresent(Bool.self, forKey: .globalPoolConditions) ?? false
    }

    /// What the file is called in messages.
    static let file = "controlnet/config.json"

    /// - Throws: ``ModelError`` naming what of it does not fit a UNet to be controlled.
    public func requireFit(to other: UNetConfiguration) throws(ModelError) {
        let check = ConfigurationCheck(file: Self.file)
        let channels = other.skips.map(\.channels)
        try check.require(
            "block_out_channels", unet.blockOutChannels, "\(other.blockOutChannels), as the model's UNet has",
            unet.blockOutChannels == other.blockOutChannels)
        try check.require(
            "layers_per_block", unet.layersPerBlock, "\(other.layersPerBlock), as the model's UNet has",
            unet.skips.map(\.channels) == channels)
        // An inpainting UNet has more input channels; its ControlNets look at the latents alone.
        try check.require(
            "in_channels", unet.inChannels, "\(other.outChannels), as the model's latents have",
            unet.inChannels == other.outChannels)
        if unet.transformers.count > 0 {
            try check.require(
                "cross_attention_dim", unet.crossAttentionWidth,
                "\(other.crossAttentionWidth), as the model's UNet has",
                unet.crossAttentionWidth == other.crossAttentionWidth)
        }
        try check.require(
            "projection_class_embeddings_input_dim", unet.addition?.inputWidth ?? 0,
            "\(other.addition?.inputWidth ?? 0), as the model's UNet has", unet.addition == other.addition)
    }
}

extension ModelError {
    /// The same about a configuration of another name.
    func of(file: String) -> ModelError {
        switch self {
        case .unsupported(_, let field, let found, let supported):
            .unsupported(file: file, field: field, found: found, supported: supported)
        case .invalid(_, let field, let found, let expected):
            .invalid(file: file, field: field, found: found, expected: expected)
        case .notFinite: self
        }
    }
}
