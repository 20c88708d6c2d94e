import DaguerreTensors

/// The shape of an autoencoder, read off the names and shapes of its tensors in either layout.
///
/// Source: diffusers 0.42.1 `convert_ldm_vae_checkpoint`.
struct AutoencoderLayout: Sendable, Equatable {
    let inChannels, outChannels, latentChannels: Int
    /// Channels of each level, the largest image first.
    let channels: [Int]
    /// Residual blocks of a level of the encoder; the decoder's have one more.
    let layersPerBlock: Int

    /// Reads latent diffusion's names, without prefix.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(original tensors: TensorShapes) throws(CheckpointError) {
        try self.init(tensors, levels: "encoder.down", blocks: "block", postQuant: "post_quant_conv")
    }

    /// Reads diffusers' names.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(diffusers tensors: TensorShapes) throws(CheckpointError) {
        try self.init(tensors, levels: "encoder.down_blocks", blocks: "resnets", postQuant: "post_quant_conv")
    }

    private init(
        _ tensors: TensorShapes, levels: String, blocks: String, postQuant: String
    ) throws(CheckpointError) {
        inChannels = try tensors.extent("encoder.conv_in.weight", axis: 1, rank: 4)
        outChannels = try tensors.extent("decoder.conv_out.weight", axis: 0, rank: 4)
        latentChannels = try tensors.extent("decoder.conv_in.weight", axis: 1, rank: 4)
        let count = tensors.count(levels, upTo: 9)
        guard (1...8).contains(count) else {
            throw tensors.unsupported("an autoencoder of \(count) levels", expected: "1 to 8")
        }
        var channels: [Int] = []
        for level in 0..<count {
            channels.append(try tensors.extent("\(levels).\(level).\(blocks).0.conv2.weight", axis: 0, rank: 4))
        }
        self.channels = channels
        layersPerBlock = tensors.count("\(levels).0.\(blocks)", upTo: 64)
    }

    private static let residual = ModuleMap.Layers(pairs: [("nin_shortcut", "conv_shortcut")])

    private static let attention = ModuleMap.Layers(pairs: [
        ("norm", "group_norm"), ("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("proj_out", "to_out.0"),
    ])

    /// What diffusers called the attention's layers before its version 0.15.
    static let deprecatedAttention = [
        ("query", "to_q"), ("key", "to_k"), ("value", "to_v"), ("proj_attn", "to_out.0"),
    ]

    /// Every module of an autoencoder of this shape, in both layouts.
    ///
    /// The decoder's levels are numbered from the largest image in the original, from the smallest in diffusers.
    var keyMap: ModuleMap {
        var map = ModuleMap()
        map.add("quant_conv", "quant_conv")
        map.add("post_quant_conv", "post_quant_conv")
        for half in ["encoder", "decoder"] {
            for end in ["conv_in", "conv_out"] { map.add("\(half).\(end)", "\(half).\(end)") }
            map.add("\(half).norm_out", "\(half).conv_norm_out")
            map.add("\(half).mid.block_1", "\(half).mid_block.resnets.0", Self.residual)
            map.add("\(half).mid.attn_1", "\(half).mid_block.attentions.0", Self.attention)
            map.add("\(half).mid.block_2", "\(half).mid_block.resnets.1", Self.residual)
        }
        let last = channels.count - 1
        for level in 0...last {
            let (down, up) = ("encoder.down_blocks.\(level)", "decoder.up_blocks.\(last - level)")
            for block in 0..<layersPerBlock {
                map.add("encoder.down.\(level).block.\(block)", "\(down).resnets.\(block)", Self.residual)
            }
            for block in 0...layersPerBlock {
                map.add("decoder.up.\(level).block.\(block)", "\(up).resnets.\(block)", Self.residual)
            }
            map.add("encoder.down.\(level).downsample.conv", "\(down).downsamplers.0.conv")
            map.add("decoder.up.\(level).upsample.conv", "\(up).upsamplers.0.conv")
        }
        return map
    }
}
