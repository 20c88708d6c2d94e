/// `config.json` of a tiny autoencoder: the shape of its decoder, with diffusers' field names and defaults.
///
/// Source: diffusers 0.42.1 `AutoencoderTiny.__init__`. `latent_magnitude` and `latent_shift` are not here: they fit
/// latents into bytes, which decoding has no part in.
public struct TinyAutoencoderConfiguration: Decodable, Equatable, Sendable {
    public let latentChannels, outChannels: Int
    /// Channels of every layer between the first and the last.
    public let channels: Int
    /// Residual blocks of each stage, those of the smallest image first.
    public let blockCounts: [Int]
    /// How much larger each stage but the last makes the image, on each side.
    public let enlargement: Int
    /// The decoder sees `latents / scalingFactor + shiftFactor`.
    public let scalingFactor, shiftFactor: Double

    /// Pixels per latent on each side.
    public var scale: Int { blockCounts.dropFirst().reduce(1) { scale, _ in scale * enlargement } }

    private enum Key: String, CodingKey {
        case outChannels = "out_channels", latentChannels = "latent_channels", actFn = "act_fn"
        case upsampleFn = "upsample_fn", upsamplingScalingFactor = "upsampling_scaling_factor"
        case decoderBlockOutChannels = "decoder_block_out_channels", numDecoderBlocks = "num_decoder_blocks"
        case scalingFactor = "scaling_factor", shiftFactor = "shift_factor"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: "config.json")
        func read<T: Decodable>(_ key: Key, _ preset: T) throws -> T {
            try fields.decodeIfPresent(T.self, forKey: key) ?? preset
        }
        latentChannels = try read(.latentChannels, 4)
        outChannels = try read(.outChannels, 3)
        blockCounts = try read(.numDecoderBlocks, [3, 3, 3, 1])
        enlargement = try read(.upsamplingScalingFactor, 2)
        scalingFactor = try read(.scalingFactor, 1)
        shiftFactor = try read(.shiftFactor, 0)

        try check.size("latent_channels", latentChannels)
        try check.support("out_channels", outChannels, "3", outChannels == 3)
        try check.require("num_decoder_blocks", blockCounts, "1 to 8 stages", (1...8).contains(blockCounts.count))
        for count in blockCounts {
            try check.require("num_decoder_blocks", count, "numbers from 0 to 64", (0...64).contains(count))
        }
        try check.support("upsampling_scaling_factor", enlargement, "1 to 4", (1...4).contains(enlargement))
        let widths = try read(.decoderBlockOutChannels, blockCounts.map { _ in 64 })
        try check.require(
            "decoder_block_out_channels", widths, "\(blockCounts.count) numbers", widths.count == blockCounts.count)
        channels = widths[0]
        try check.size("decoder_block_out_channels", channels)
        // A stage's last convolution keeps its width, so that the next one's has to be the same.
        try check.support(
            "decoder_block_out_channels", widths, "one width for all", widths.allSatisfy { $0 == widths[0] })
        try check.require(
            "scaling_factor", scalingFactor, "a positive number", scalingFactor > 0 && scalingFactor.isFinite)
        try check.require("shift_factor", shiftFactor, "a finite number", shiftFactor.isFinite)
        for (key, supported): (Key, String) in [(.actFn, "relu"), (.upsampleFn, "nearest")] {
            let found = try read(key, supported)
            try check.support(key.rawValue, found, supported, found == supported)
        }
    }
}
