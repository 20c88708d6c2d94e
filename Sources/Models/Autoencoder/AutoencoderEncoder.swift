import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Pixels → the mean and log variance of latents.
///
/// Source: diffusers `Encoder`.
struct AutoencoderEncoder: Sendable {
    private struct Level: Sendable {
        let blocks: [ResidualBlock]
        let downsampler: Downsampler?
    }

    private let convIn, convOut: Convolution
    private let levels: [Level]
    private let middle: AutoencoderMiddle
    private let normOut: GroupNorm

    init(_ configuration: AutoencoderConfiguration, from weights: WeightScope) throws {
        let channels = configuration.blockOutChannels
        let last = channels.count - 1
        convIn = try Convolution(configuration.inChannels, channels[0], kernel: 3, from: weights["conv_in"])
        levels = try (0...last).map { level in
            let scope = weights["down_blocks"][level]
            return Level(
                blocks: try (0..<configuration.layersPerBlock).map { layer in
                    try ResidualBlock(
                        layer == 0 ? channels[max(level - 1, 0)] : channels[level], channels[level], time: nil,
                        groups: configuration.normGroups, epsilon: autoencoderEpsilon, from: scope["resnets"][layer])
                },
                downsampler: level == last
                    ? nil : try Downsampler(channels[level], padding: 0, from: scope["downsamplers"][0]))
        }
        middle = try AutoencoderMiddle(channels[last], configuration, from: weights["mid_block"])
        normOut = try GroupNorm(
            channels: channels[last], groups: configuration.normGroups, epsilon: autoencoderEpsilon,
            from: weights["conv_norm_out"])
        convOut = try Convolution(
            channels[last], 2 * configuration.latentChannels, kernel: 3, from: weights["conv_out"])
    }

    /// `pixels [N, H, W, 3]` → `[N, H/scale, W/scale, 2 · latentChannels]`.
    func callAsFunction(_ pixels: Tensor, on backend: some Backend) throws -> Tensor {
        var x = try convIn(pixels, on: backend)
        for level in levels {
            for block in level.blocks { x = try block(x, shift: nil, on: backend) }
            if let downsampler = level.downsampler { x = try downsampler(x, on: backend) }
        }
        x = try middle(x, on: backend)
        x = try normOut(x, activation: .silu, on: backend)
        return try convOut(x, on: backend)
    }
}
