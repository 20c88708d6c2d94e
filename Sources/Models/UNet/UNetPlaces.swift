/// One spatial transformer of a UNet: where it is, and what it looks like.
public struct TransformerPlace: Hashable, Sendable {
    /// The way down, the middle, the way up.
    public enum Part: String, Hashable, Sendable, CaseIterable { case down, middle, up }

    /// Where it is.
    public let part: Part
    /// The block's number in `down_blocks` or `up_blocks`, 0 in the middle.
    public let block: Int
    /// The transformer's number in its block.
    public let index: Int
    /// Of the pixels that it looks from.
    public let channels: Int
    /// Of the text states that it looks at.
    public let contextWidth: Int
    /// How many transformer blocks it has.
    public let blockCount: Int
}

extension UNetConfiguration {
    /// What the way down leaves for the way up, in the order in which it is made: each one's level and channels.
    var skips: [(level: Int, channels: Int)] {
        var skips = [(level: 0, channels: blockOutChannels[0])]
        for level in blockOutChannels.indices {
            skips += Array(repeating: (level, blockOutChannels[level]), count: layersPerBlock[level])
            if level < blockOutChannels.count - 1 { skips.append((level + 1, blockOutChannels[level])) }
        }
        return skips
    }

    /// Every spatial transformer, in the order in which a forward pass visits it.
    public var transformers: [TransformerPlace] {
        let levels = blockOutChannels.count
        func places(_ part: TransformerPlace.Part, block: Int, level: Int, count: Int) -> [TransformerPlace] {
            (0..<count).map { index in
                TransformerPlace(
                    part: part, block: block, index: index, channels: blockOutChannels[level],
                    contextWidth: crossAttentionWidth[level], blockCount: transformerLayers[level])
            }
        }
        var result: [TransformerPlace] = []
        for level in 0..<levels where downBlocks[level] == .crossAttention {
            result += places(.down, block: level, level: level, count: layersPerBlock[level])
        }
        if middleBlock == .crossAttention { result += places(.middle, block: 0, level: levels - 1, count: 1) }
        for block in 0..<levels where upBlocks[block] == .crossAttention {
            let level = levels - 1 - block
            result += places(.up, block: block, level: level, count: layersPerBlock[level] + 1)
        }
        return result
    }
}
