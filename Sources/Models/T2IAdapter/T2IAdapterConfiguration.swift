/// `config.json` of a T2I-Adapter, with diffusers' field names and defaults.
///
/// Source: diffusers 0.42.1 `T2IAdapter.__init__`.
public struct T2IAdapterConfiguration: Decodable, Equatable, Sendable {
    /// The three architectures.
    public enum Kind: String, Sendable, CaseIterable {
        /// A feature for each level of SD 1.x's way down.
        case full = "full_adapter"
        /// The same with fewer channels inside, and a halving for each feature.
        case light = "light_adapter"
        /// For SDXL: halved once only, the last feature for the middle.
        case fullXL = "full_adapter_xl"
    }

    /// Which architecture.
    public let kind: Kind
    /// Channels of the control picture: 3, or 1 where it is grey.
    public let inChannels: Int
    /// Channels of the levels.
    public let channels: [Int]
    /// Residual blocks of each level.
    public let layerCount: Int
    /// Pixels on each side that make one position of the first level.
    public let scale: Int

    private enum Key: String, CodingKey {
        case kind = "adapter_type", inChannels = "in_channels", channels, layerCount = "num_res_blocks"
        case scale = "downscale_factor"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: Self.file)
        let name = try fields.decodeIfPresent(String.self, forKey: .kind) ?? Kind.full.rawValue
        let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        try check.support("adapter_type", name, known, Kind(rawValue: name) != nil)
        kind = Kind(rawValue: name) ?? .full
        inChannels = try fields.decodeIfPresent(Int.self, forKey: .inChannels) ?? 3
        try check.support("in_channels", inChannels, "1, 3", [1, 3].contains(inChannels))
        channels = try fields.decodeIfPresent([Int].self, forKey: .channels) ?? [320, 640, 1280, 1280]
        try check.require("channels", channels, "1 to 8 numbers", (1...8).contains(channels.count))
        for count in channels { try check.size("channels", count) }
        layerCount = try fields.decodeIfPresent(Int.self, forKey: .layerCount) ?? 2
        try check.count("num_res_blocks", layerCount)
        scale = try fields.decodeIfPresent(Int.self, forKey: .scale) ?? 8
        try check.count("downscale_factor", scale)
        try check.require(
            "channels", channels, "at least 4 of each level of a light adapter",
            kind != .light || channels.allSatisfy { $0 >= 4 })
        try check.require(
            "channels", channels, "for SDXL at least 3 levels, those from the third on alike",
            kind != .fullXL || channels.count >= 3 && channels.dropFirst(3).allSatisfy { $0 == channels[2] })
    }

    /// What the file is called in messages.
    static let file = "t2i-adapter/config.json"

    /// Channels of each feature, and how often the first level's size is halved for it.
    var features: [(channels: Int, halvings: Int)] {
        switch kind {
        case .full: channels.enumerated().map { ($1, $0) }
        case .light: channels.enumerated().map { ($1, $0) } + [(channels[channels.count - 1], channels.count)]
        case .fullXL: channels.enumerated().map { ($1, $0 < 2 ? 0 : 1) }
        }
    }

    /// Checks that its features belong to the levels of a UNet with `pixels` for each latent on a side.
    ///
    /// - Throws: ``ModelError`` naming what does not fit.
    public func requireFit(to unet: UNetConfiguration, pixels: Int) throws(ModelError) {
        let check = ConfigurationCheck(file: Self.file)
        let places = unet.featurePlaces
        try check.require(
            "channels", channels, "as the model's UNet has: \(unet.blockOutChannels)",
            (1...places.count).contains(features.count))
        for (feature, place) in zip(features, places) {
            try check.require(
                "channels", channels, "as the model's UNet has: \(unet.blockOutChannels)",
                feature.channels == place.channels)
            try check.require(
                "adapter_type", kind.rawValue,
                "the kind that fits the model's UNet, as its levels are halved otherwise",
                scale << feature.halvings == pixels << place.halvings)
        }
    }
}

extension UNetConfiguration {
    /// Where T2I-Adapters add their features: channels, and how often the latents are halved there.
    ///
    /// A level with attention is reached before it is halved, one without after that; then the middle.
    var featurePlaces: [(channels: Int, halvings: Int)] {
        let last = blockOutChannels.count - 1
        return blockOutChannels.enumerated().map { level, channels in
            (channels, downBlocks[level] == .plain ? min(level + 1, last) : level)
        } + [(blockOutChannels[last], last)]
    }
}
