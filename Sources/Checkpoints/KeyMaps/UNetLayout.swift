import DaguerreTensors

/// The shape of a denoiser, read off the names and shapes of its tensors in latent diffusion's layout or in diffusers'.
///
/// Source: diffusers 0.42.1 `convert_ldm_unet_checkpoint`, which is told what is found here.
struct UNetLayout: Sendable, Equatable {
    /// One resolution on the way down.
    struct Level: Sendable, Equatable {
        let channels: Int
        /// Residual blocks.
        let layerCount: Int
        /// Transformer blocks after each residual block; 0 if the level has none.
        let transformerLayers: Int
    }

    let inChannels, outChannels: Int
    let levels: [Level]
    let middleTransformerLayers: Int
    /// Width of the text states; nil if no level looks at text.
    let contextWidth: Int?
    /// Whether the transformers' first and last layers are matrices, not convolutions, which tells SD 2 and later.
    let hasLinearProjections: Bool
    /// What the added conditions are together: SDXL's pooled text and numbers.
    let additionWidth: Int?

    /// More levels or layers than any model has are no model.
    private static let most = 64

    /// Reads latent diffusion's names, without prefix; a ControlNet has no way up and nothing that comes out of it.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(original tensors: TensorShapes, isControlNet: Bool = false) throws(CheckpointError) {
        let inChannels = try tensors.extent("input_blocks.0.0.weight", axis: 1, rank: 4)
        let outChannels = isControlNet ? inChannels : try tensors.extent("out.2.weight", axis: 0, rank: 4)
        var levels: [Level] = []
        var layers: [(channels: Int, depth: Int)] = []
        for i in 1..<Self.most {
            if tensors.has("input_blocks.\(i).0.op.weight") {
                levels.append(try Self.level(layers, tensors))
                layers = []
            } else if tensors.has("input_blocks.\(i).0.out_layers.3.weight") {
                layers.append(
                    (
                        try tensors.extent("input_blocks.\(i).0.out_layers.3.weight", axis: 0, rank: 4),
                        tensors.count("input_blocks.\(i).1.transformer_blocks", upTo: Self.most)
                    ))
            } else {
                break
            }
        }
        levels.append(try Self.level(layers, tensors))
        try self.init(
            levels, inChannels, outChannels, tensors, middle: "middle_block.1",
            transformer: Self.firstTransformer(of: levels, original: true), addition: "label_emb.0.0.weight")
    }

    /// Reads diffusers' names.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(diffusers tensors: TensorShapes, isControlNet: Bool = false) throws(CheckpointError) {
        let inChannels = try tensors.extent("conv_in.weight", axis: 1, rank: 4)
        let outChannels = isControlNet ? inChannels : try tensors.extent("conv_out.weight", axis: 0, rank: 4)
        var levels: [Level] = []
        for level in 0..<tensors.count("down_blocks", upTo: 8) {
            let path = "down_blocks.\(level)"
            var layers: [(channels: Int, depth: Int)] = []
            for layer in 0..<tensors.count(path + ".resnets", upTo: Self.most) {
                layers.append(
                    (
                        try tensors.extent("\(path).resnets.\(layer).conv2.weight", axis: 0, rank: 4),
                        tensors.count("\(path).attentions.\(layer).transformer_blocks", upTo: Self.most)
                    ))
            }
            levels.append(try Self.level(layers, tensors))
        }
        try self.init(
            levels, inChannels, outChannels, tensors, middle: "mid_block.attentions.0",
            transformer: Self.firstTransformer(of: levels, original: false), addition: "add_embedding.linear_1.weight")
    }

    private init(
        _ levels: [Level], _ inChannels: Int, _ outChannels: Int, _ tensors: TensorShapes, middle: String,
        transformer: String?, addition: String
    ) throws(CheckpointError) {
        guard (1...8).contains(levels.count) else {
            throw tensors.unsupported("a UNet of \(levels.count) levels", expected: "1 to 8")
        }
        self.levels = levels
        self.inChannels = inChannels
        self.outChannels = outChannels
        middleTransformerLayers = tensors.count(middle + ".transformer_blocks", upTo: Self.most)
        let path = middleTransformerLayers > 0 ? middle : transformer
        additionWidth = tensors.has(addition) ? try tensors.extent(addition, axis: 1, rank: 2) : nil
        guard let path else {
            contextWidth = nil
            hasLinearProjections = false
            return
        }
        contextWidth = try tensors.extent(path + ".transformer_blocks.0.attn2.to_k.weight", axis: 1, rank: 2)
        hasLinearProjections = tensors.shape(path + ".proj_in.weight")?.rank == 2
    }

    private static func level(
        _ layers: [(channels: Int, depth: Int)], _ tensors: TensorShapes
    ) throws(CheckpointError) -> Level {
        guard let first = layers.first, layers.allSatisfy({ $0 == first }) else {
            throw tensors.unsupported(
                layers.isEmpty ? "a UNet's level without layers" : "a UNet's level whose layers differ",
                expected: "Stable Diffusion's UNet")
        }
        return Level(channels: first.channels, layerCount: layers.count, transformerLayers: first.depth)
    }

    private static func firstTransformer(of levels: [Level], original: Bool) -> String? {
        guard let index = levels.firstIndex(where: { $0.transformerLayers > 0 }) else { return nil }
        let before = levels[..<index].reduce(1) { $0 + $1.layerCount + 1 }
        return original ? "input_blocks.\(before).1" : "down_blocks.\(index).attentions.0"
    }
}
