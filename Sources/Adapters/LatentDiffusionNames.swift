/// What CompVis and Stability call the denoiser's layers, whose diffusers' paths are given: `input_blocks.4.1.proj_in`.
///
/// Blocks are counted through in place of nested, so the names follow from how many layers each level has.
///
/// Source: CompVis/stable-diffusion `openaimodel.py` (`UNetModel`); diffusers `convert_ldm_unet_checkpoint`.
struct LatentDiffusionNames {
    private struct Level {
        var layerCount = 0
        var attends = false
        /// The first block's number.
        var start = 0
    }

    private var down: [Level] = []
    private var up: [Level] = []

    /// Levels beyond this are no model's.
    private static let maximumCount = 64

    /// Counts the layers of `paths`.
    init(_ paths: some Sequence<String>) {
        for path in paths {
            let parts = path.split(separator: ".").map(String.init)
            guard parts.count >= 4, let level = Int(parts[1]), let layer = Int(parts[3]),
                (0..<Self.maximumCount).contains(level), (0..<Self.maximumCount).contains(layer)
            else { continue }
            if parts[0] == "down_blocks" { Self.count(parts[2], layer, &down, level) }
            if parts[0] == "up_blocks" { Self.count(parts[2], layer, &up, level) }
        }
        // Block 0 is the first convolution; a level ends in a block that halves, but the last.
        var number = 1
        for level in down.indices {
            down[level].start = number
            number += down[level].layerCount + 1
        }
        number = 0
        for level in up.indices {
            up[level].start = number
            number += up[level].layerCount
        }
    }

    private static func count(_ kind: String, _ layer: Int, _ levels: inout [Level], _ level: Int) {
        while levels.count <= level { levels.append(Level()) }
        if kind == "resnets" { levels[level].layerCount = max(levels[level].layerCount, layer + 1) }
        if kind == "attentions" { levels[level].attends = true }
    }

    /// The name of the layer at diffusers' `path`, or nil for one that has none.
    func name(of path: String) -> String? {
        if let name = Self.fixed[path] { return name }
        let parts = path.split(separator: ".").map(String.init)
        guard parts.count > 3 else { return nil }
        let rest = Array(parts[3...])
        switch parts[0] {
        case "mid_block":
            guard let index = Int(parts[2]) else { return nil }
            return Self.name("middle_block.\(parts[1] == "attentions" ? 1 : 2 * index)", parts[1], rest)
        case "down_blocks", "up_blocks":
            guard let level = Int(parts[1]), let layer = Int(parts[3]) else { return nil }
            return parts[0] == "down_blocks"
                ? downName(level, parts[2], layer, Array(rest.dropFirst()))
                : upName(level, parts[2], layer, Array(rest.dropFirst()))
        default: return nil
        }
    }

    private func downName(_ level: Int, _ kind: String, _ layer: Int, _ rest: [String]) -> String? {
        guard down.indices.contains(level) else { return nil }
        if kind == "downsamplers" { return "input_blocks.\(down[level].start + down[level].layerCount).0.op" }
        return Self.name("input_blocks.\(down[level].start + layer).\(kind == "attentions" ? 1 : 0)", kind, rest)
    }

    private func upName(_ level: Int, _ kind: String, _ layer: Int, _ rest: [String]) -> String? {
        guard up.indices.contains(level) else { return nil }
        if kind == "upsamplers" {
            let last = up[level].start + up[level].layerCount - 1
            return "output_blocks.\(last).\(up[level].attends ? 2 : 1).conv"
        }
        return Self.name("output_blocks.\(up[level].start + layer).\(kind == "attentions" ? 1 : 0)", kind, rest)
    }

    private static func name(_ block: String, _ kind: String, _ rest: [String]) -> String? {
        guard kind == "resnets" else { return ([block] + rest).joined(separator: ".") }
        return rest.first.flatMap { residual[$0] }.map { block + "." + $0 }
    }

    /// Inside a residual block.
    private static let residual = [
        "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
        "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
    ]

    /// Outside the blocks.
    private static let fixed = [
        "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
        "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
        "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    ]

    /// The short name of the block that `name` is in, as users weigh blocks: `IN04`, `M00`, `OUT11`; nil outside.
    static func block(of name: String) -> String? {
        let parts = name.split(separator: ".")
        guard parts.count > 1, let number = Int(parts[1]) else { return nil }
        let digits = number < 10 ? "0\(number)" : "\(number)"
        switch parts[0] {
        case "input_blocks": return "IN" + digits
        case "middle_block": return "M00"
        case "output_blocks": return "OUT" + digits
        default: return nil
        }
    }
}
