import DaguerreTensors

/// The shape of a CLIP text encoder, read off the names and shapes of its tensors in open CLIP's layout or in
/// transformers'.
///
/// Source: diffusers 0.42.1 `convert_open_clip_checkpoint`.
struct TextLayout: Sendable, Equatable {
    let vocabularySize, width, innerWidth, layerCount, maximumLength: Int
    /// Width of the projected, pooled state, where there is a projection.
    let projectionWidth: Int?

    /// Reads open CLIP's names, without prefix.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(openCLIP tensors: TensorShapes) throws(CheckpointError) {
        vocabularySize = try tensors.extent("token_embedding.weight", axis: 0, rank: 2)
        maximumLength = try tensors.extent("positional_embedding", axis: 0, rank: 2)
        width = try tensors.extent("positional_embedding", axis: 1, rank: 2)
        innerWidth = try tensors.extent("transformer.resblocks.0.mlp.c_fc.weight", axis: 0, rank: 2)
        layerCount = tensors.count("transformer.resblocks", upTo: 64)
        projectionWidth =
            tensors.has("text_projection") ? try tensors.extent("text_projection", axis: 1, rank: 2) : nil
    }

    /// Reads transformers' names; `text_model.` may be there or not.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(transformers tensors: TensorShapes) throws(CheckpointError) {
        let model = tensors.has("text_model.final_layer_norm.weight") ? "text_model." : ""
        vocabularySize = try tensors.extent(model + "embeddings.token_embedding.weight", axis: 0, rank: 2)
        maximumLength = try tensors.extent(model + "embeddings.position_embedding.weight", axis: 0, rank: 2)
        width = try tensors.extent(model + "embeddings.position_embedding.weight", axis: 1, rank: 2)
        innerWidth = try tensors.extent(model + "encoder.layers.0.mlp.fc1.weight", axis: 0, rank: 2)
        layerCount = tensors.count(model + "encoder.layers", upTo: 64)
        projectionWidth =
            tensors.has("text_projection.weight") ? try tensors.extent("text_projection.weight", axis: 0, rank: 2) : nil
    }

    private static let layer = ModuleMap.Layers(pairs: [
        ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("attn.out_proj", "self_attn.out_proj"),
        ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"),
    ])

    /// Every module that open CLIP and transformers store alike but for the name.
    var keyMap: ModuleMap {
        var map = ModuleMap()
        map.add("token_embedding", "text_model.embeddings.token_embedding")
        map.add("ln_final", "text_model.final_layer_norm")
        for index in 0..<layerCount {
            map.add("transformer.resblocks.\(index)", "text_model.encoder.layers.\(index)", Self.layer)
        }
        return map
    }
}
