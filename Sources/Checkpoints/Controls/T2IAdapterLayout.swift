import DaguerreTensors

/// The shape of a T2I-Adapter, read off the names and shapes of its tensors.
struct T2IAdapterLayout: Sendable {
    private let type: String
    private let channels: [Int]
    private let layerCount, inChannels, scale: Int

    /// Reads diffusers' names, without `adapter.`.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    init(_ tensors: TensorShapes) throws(CheckpointError) {
        let isLight = !tensors.has("conv_in.weight")
        let inputs = try tensors.extent(
            isLight ? "body.0.in_conv.weight" : "conv_in.weight", axis: 1, rank: 4)
        // A picture of three channels or of one, in blocks of eight pixels or, for SDXL, of sixteen.
        let known = [3 * 64: (3, 8), 64: (1, 8), 3 * 256: (3, 16), 256: (1, 16)]
        guard let (inChannels, scale) = known[inputs] else {
            throw tensors.unsupported(
                "a T2I-Adapter of \(inputs) input channels",
                expected: known.keys.sorted().map(String.init).joined(separator: ", "))
        }
        (self.inChannels, self.scale) = (inChannels, scale)
        type = isLight ? "light_adapter" : scale == 16 ? "full_adapter_xl" : "full_adapter"
        layerCount = tensors.count("body.0.resnets", upTo: 64)
        var channels: [Int] = []
        // The last level of a light one has as many as the one before, and is not listed.
        for level in 0..<max(tensors.count("body", upTo: 9) - (isLight ? 1 : 0), 0) {
            let layer = isLight ? "out_conv" : "resnets.0.block1"
            channels.append(try tensors.extent("body.\(level).\(layer).weight", axis: 0, rank: 4))
        }
        self.channels = channels
    }

    /// The configuration that a folder would have.
    var configuration: JSONValue {
        .members([
            ("_class_name", .string("T2IAdapter")),
            ("adapter_type", .string(type)),
            ("channels", .integers(channels)),
            ("downscale_factor", .integer(scale)),
            ("in_channels", .integer(inChannels)),
            ("num_res_blocks", .integer(layerCount)),
        ])
    }

    /// Every module of a file of the original repository, and what diffusers calls it.
    ///
    /// Full adapters number their residual blocks through there, two for each level; light ones have them by level.
    /// Source: TencentARC/T2I-Adapter, `ldm/modules/encoders/adapter.py`.
    static func keyMap(original tensors: TensorShapes) -> ModuleMap {
        var map = ModuleMap()
        map.add("conv_in", "adapter.conv_in")
        for block in 0..<tensors.count("body", upTo: 64) {
            let path = "body.\(block)"
            guard !tensors.has(path + ".out_conv.weight") else {
                map.add(path + ".in_conv", "adapter.\(path).in_conv")
                map.add(path + ".out_conv", "adapter.\(path).out_conv")
                for layer in 0..<tensors.count(path + ".body", upTo: 64) {
                    map.add("\(path).body.\(layer)", "adapter.\(path).resnets.\(layer)")
                }
                continue
            }
            map.add(path + ".in_conv", "adapter.body.\(block / 2).in_conv")
            map.add(path, "adapter.body.\(block / 2).resnets.\(block % 2)")
        }
        return map
    }
}
