extension UNetLayout {
    /// The layers of a residual block.
    ///
    /// Source: diffusers 0.42.1 `update_unet_resnet_ldm_to_diffusers`.
    private static let residual = ModuleMap.Layers(pairs: [
        ("in_layers.0", "norm1"), ("in_layers.2", "conv1"), ("emb_layers.1", "time_emb_proj"),
        ("out_layers.0", "norm2"), ("out_layers.3", "conv2"), ("skip_connection", "conv_shortcut"),
    ])

    /// Every module of a UNet of this shape, in both layouts.
    ///
    /// Blocks on the way down and up are numbered through in the original and by level in diffusers.
    /// Source: diffusers 0.42.1 `convert_ldm_unet_checkpoint`.
    var keyMap: ModuleMap {
        var map = ModuleMap()
        map.add("time_embed.0", "time_embedding.linear_1")
        map.add("time_embed.2", "time_embedding.linear_2")
        map.add("label_emb.0.0", "add_embedding.linear_1")
        map.add("label_emb.0.2", "add_embedding.linear_2")
        map.add("input_blocks.0.0", "conv_in")
        map.add("out.0", "conv_norm_out")
        map.add("out.2", "conv_out")
        addDown(to: &map)
        map.add("middle_block.0", "mid_block.resnets.0", Self.residual)
        map.add("middle_block.1", "mid_block.attentions.0")
        map.add("middle_block.2", "mid_block.resnets.1", Self.residual)
        addUp(to: &map)
        return map
    }

    private func addDown(to map: inout ModuleMap) {
        var block = 1
        for (index, level) in levels.enumerated() {
            let path = "down_blocks.\(index)"
            for layer in 0..<level.layerCount {
                map.add("input_blocks.\(block).0", "\(path).resnets.\(layer)", Self.residual)
                if level.transformerLayers > 0 {
                    map.add("input_blocks.\(block).1", "\(path).attentions.\(layer)")
                }
                block += 1
            }
            guard index < levels.count - 1 else { break }
            map.add("input_blocks.\(block).0.op", "\(path).downsamplers.0.conv")
            block += 1
        }
    }

    private func addUp(to map: inout ModuleMap) {
        var block = 0
        for (index, level) in levels.reversed().enumerated() {
            let path = "up_blocks.\(index)"
            for layer in 0...level.layerCount {
                map.add("output_blocks.\(block).0", "\(path).resnets.\(layer)", Self.residual)
                if level.transformerLayers > 0 {
                    map.add("output_blocks.\(block).1", "\(path).attentions.\(layer)")
                }
                if layer == level.layerCount, index < levels.count - 1 {
                    let position = level.transformerLayers > 0 ? 2 : 1
                    map.add("output_blocks.\(block).\(position).conv", "\(path).upsamplers.0.conv")
                }
                block += 1
            }
        }
    }
}
