import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Latents → pixels.
///
/// Source: diffusers `Decoder`; it has one residual block more per level than the encoder.
struct AutoencoderDecoder: Sendable {
    private struct Level: Sendable {
        let blocks: [ResidualBlock]
        let upsampler: Upsampler?
    }

    private let convIn, convOut: Convolution
    private let middle: AutoencoderMiddle
    private let levels: [Level]
    private let normOut: GroupNorm

    init(_ configuration: AutoencoderConfiguration, from weights: WeightScope) throws {
        let channels = Array(configuration.blockOutChannels.reversed())
        let last = channels.count - 1
        convIn = try Convolution(configuration.latentChannels, channels[0], kernel: 3, from: weights["conv_in"])
        middle = try AutoencoderMiddle(channels[0], configuration, from: weights["mid_block"])
        levels = try (0...last).map { level in
            let scope = weights["up_blocks"][level]
            return Level(
                blocks: try (0...configuration.layersPerBlock).map { layer in
                    try ResidualBlock(
                        layer == 0 ? channels[max(level - 1, 0)] : channels[level], channels[level], time: nil,
                        groups: configuration.normGroups, epsilon: autoencoderEpsilon, from: scope["resnets"][layer])
                },
                upsampler: level == last ? nil : try Upsampler(channels[level], from: scope["upsamplers"][0]))
        }
        normOut = try GroupNorm(
            channels: channels[last], groups: configuration.normGroups, epsilon: autoencoderEpsilon,
            from: weights["conv_norm_out"])
        convOut = try Convolution(channels[last], configuration.outChannels, kernel: 3, from: weights["conv_out"])
    }

    /// `latents [N, H, W, latentChannels]` → `[N, H · scale, W · scale, 3]`.
    func callAsFunction(_ latents: Tensor, on backend: some Backend) throws -> Tensor {
        var x = try middle(convIn(latents, on: backend), on: backend)
        for level in levels {
            for block in level.blocks { x = try block(x, shift: nil, on: backend) }
            if let upsampler = level.upsampler { x = try upsampler(x, on: backend) }
        }
        x = try normOut(x, activation: .silu, on: backend)
        return try convOut(x, on: backend)
    }
}
