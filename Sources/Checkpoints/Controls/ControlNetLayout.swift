import DaguerreTensors

/// The shape of a ControlNet, read off the names and shapes of its tensors in the original layout or in diffusers'.
///
/// Source: diffusers 0.42.1 `convert_controlnet_checkpoint`, which is told what is found here.
struct ControlNetLayout: Sendable {
    /// The first tensor of the original's convolutions that read the control picture.
    static let originalHint = "input_hint_block.0.weight"

    let unet: UNetLayout
    /// Channels of the convolutions that read the control picture.
    let hintChannels: [Int]

    /// Reads the original names, without prefix.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(original tensors: TensorShapes) throws(CheckpointError) {
        unet = try UNetLayout(original: tensors, isControlNet: true)
        // Every other one is an activation; the first is followed by pairs, of which the second halves the size.
        let count = (tensors.count("input_hint_block", upTo: 64) + 1) / 2
        var channels: [Int] = []
        for index in stride(from: 0, to: count - 1, by: 2) {
            channels.append(try tensors.extent("input_hint_block.\(2 * index).weight", axis: 0, rank: 4))
        }
        hintChannels = channels
        try check(tensors)
    }

    /// Reads diffusers' names.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(diffusers tensors: TensorShapes) throws(CheckpointError) {
        unet = try UNetLayout(diffusers: tensors, isControlNet: true)
        var channels = [try tensors.extent("controlnet_cond_embedding.conv_in.weight", axis: 0, rank: 4)]
        for index in stride(from: 1, to: tensors.count("controlnet_cond_embedding.blocks", upTo: 64), by: 2) {
            channels.append(
                try tensors.extent("controlnet_cond_embedding.blocks.\(index).weight", axis: 0, rank: 4))
        }
        hintChannels = channels
        try check(tensors)
    }

    private func check(_ tensors: TensorShapes) throws(CheckpointError) {
        guard (1...8).contains(hintChannels.count) else {
            throw tensors.unsupported(
                "\(hintChannels.count) sizes of the control picture", expected: "a ControlNet of 1 to 8")
        }
    }

    /// Every module in both layouts.
    var keyMap: ModuleMap {
        var map = unet.keyMap
        map.add("input_hint_block.0", "controlnet_cond_embedding.conv_in")
        let blocks = 2 * (hintChannels.count - 1)
        for index in 0..<blocks {
            map.add("input_hint_block.\(2 * index + 2)", "controlnet_cond_embedding.blocks.\(index)")
        }
        map.add("input_hint_block.\(2 * blocks + 2)", "controlnet_cond_embedding.conv_out")
        let skips = unet.levels.reduce(0) { $0 + $1.layerCount + 1 }
        for index in 0..<skips { map.add("zero_convs.\(index).0", "controlnet_down_blocks.\(index)") }
        map.add("middle_block_out.0", "controlnet_mid_block")
        return map
    }

    /// The configuration that a folder would have.
    ///
    /// What shapes do not show is the family's: eight heads in SD 1.x, heads of 64 channels later.
    func configuration(poolsGlobally: Bool) -> JSONValue {
        let hasText = unet.levels.map { $0.transformerLayers > 0 }
        let isFirst = unet.additionWidth == nil && !unet.hasLinearProjections
        let depths = unet.levels.indices.map { level in
            let own = unet.levels[level].transformerLayers
            return own > 0 ? own : level == unet.levels.count - 1 ? max(1, unet.middleTransformerLayers) : 1
        }
        var members: [(String, JSONValue)] = [
            ("_class_name", .string("ControlNetModel")),
            ("attention_head_dim", .integers(unet.levels.map { isFirst ? 8 : max(1, $0.channels / 64) })),
            ("block_out_channels", .integers(unet.levels.map(\.channels))),
            ("conditioning_embedding_out_channels", .integers(hintChannels)),
            ("cross_attention_dim", .integer(unet.contextWidth ?? (unet.additionWidth == nil ? 768 : 2048))),
            ("down_block_types", .strings(hasText.map { $0 ? "CrossAttnDownBlock2D" : "DownBlock2D" })),
            ("global_pool_conditions", .bool(poolsGlobally)),
            ("in_channels", .integer(unet.inChannels)),
            ("layers_per_block", .integers(unet.levels.map(\.layerCount))),
            (
                "mid_block_type",
                .string(unet.middleTransformerLayers > 0 ? "UNetMidBlock2DCrossAttn" : "UNetMidBlock2D")
            ),
            ("transformer_layers_per_block", .integers(depths)),
            ("use_linear_projection", .bool(unet.hasLinearProjections)),
        ]
        if let width = unet.additionWidth {
            members += [
                ("addition_embed_type", .string("text_time")), ("addition_time_embed_dim", .integer(256)),
                ("projection_class_embeddings_input_dim", .integer(width)),
            ]
        }
        return .members(members.sorted { $0.0 < $1.0 })
    }
}
