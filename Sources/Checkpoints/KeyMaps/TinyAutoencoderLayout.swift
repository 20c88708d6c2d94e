import DaguerreTensors

/// The shape of a tiny autoencoder's decoder, read off the names and shapes of its tensors in either layout.
///
/// It is a row of numbered modules: a convolution and its activation, then for each stage residual blocks, an enlargement
/// and a convolution; the last stage does not enlarge. The original repository counts what clamps the latents, too.
///
/// Source: madebyollin/taesd `Decoder`; diffusers 0.42.1 `DecoderTiny`.
struct TinyAutoencoderLayout: Sendable, Equatable {
    let latentChannels, outChannels, channels: Int
    /// Residual blocks of each stage, those of the smallest image first.
    let blockCounts: [Int]
    /// The number of the first module that has weights: 0 in diffusers, 1 in the original.
    private let first: Int

    private static let mostStages = 8, mostBlocks = 64

    /// Reads diffusers' names, without `decoder.layers.`.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(diffusers tensors: TensorShapes) throws(CheckpointError) { try self.init(tensors, first: 0) }

    /// Reads the original's names, without prefix.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(original tensors: TensorShapes) throws(CheckpointError) { try self.init(tensors, first: 1) }

    private init(_ tensors: TensorShapes, first: Int) throws(CheckpointError) {
        self.first = first
        latentChannels = try tensors.extent("\(first).weight", axis: 1, rank: 4)
        channels = try tensors.extent("\(first).weight", axis: 0, rank: 4)
        var blockCounts = [0]
        // The first convolution is followed by its activation.
        var module = first + 2
        while blockCounts.count <= Self.mostStages, blockCounts[blockCounts.count - 1] <= Self.mostBlocks {
            if tensors.has("\(module).conv.0.weight") {
                blockCounts[blockCounts.count - 1] += 1
                module += 1
            } else if tensors.has("\(module).weight") {
                outChannels = try tensors.extent("\(module).weight", axis: 0, rank: 4)
                self.blockCounts = blockCounts
                return
            } else if tensors.has("\(module + 1).weight") {
                // An enlargement has no weights.
                blockCounts.append(0)
                module += 2
            } else {
                throw tensors.unsupported(
                    "no tensor \"\(tensors.prefix)\(module).weight\"", expected: "the decoder of a tiny autoencoder")
            }
        }
        throw tensors.unsupported(
            "more than \(Self.mostStages) stages or \(Self.mostBlocks) blocks",
            expected: "the decoder of a tiny autoencoder")
    }

    /// The configuration that a folder would have, as far as the decoder goes.
    var configuration: JSONValue {
        .members([
            ("_class_name", .string("AutoencoderTiny")),
            ("decoder_block_out_channels", .integers(blockCounts.map { _ in channels })),
            ("latent_channels", .integer(latentChannels)),
            ("num_decoder_blocks", .integers(blockCounts)),
            ("out_channels", .integer(outChannels)),
        ])
    }

    /// Every module with weights, and what diffusers calls it.
    var keyMap: ModuleMap {
        var map = ModuleMap()
        // The first with its activation, two after the blocks of each stage, and of the last stage one.
        let count = 1 + blockCounts.reduce(0) { $0 + $1 + 2 }
        for module in 0..<count { map.add("\(first + module)", "decoder.layers.\(module)") }
        return map
    }
}
