import DaguerreCheckpoints
import DaguerreLayers

/// Builds the layers of one configuration.
struct UNetLayerBuilder {
    let configuration: UNetConfiguration

    /// Layer `index` of a level, which turns `inputs` channels into the level's.
    func layer(
        _ index: Int, _ level: Int, inputs: Int, kind: UNetConfiguration.Block, from scope: WeightScope
    ) throws -> UNetLayer {
        let channels = configuration.blockOutChannels[level]
        return UNetLayer(
            residual: try residual(inputs, channels, from: scope["resnets"][index]),
            transformer: kind == .plain
                ? nil
                : try transformer(
                    level, onlyCrossAttention: configuration.onlyCrossAttention[level],
                    from: scope["attentions"][index]))
    }

    func middle(from scope: WeightScope) throws -> MiddleLevel? {
        let level = configuration.blockOutChannels.count - 1
        let channels = configuration.blockOutChannels[level]
        switch configuration.middleBlock {
        case .none: return nil
        case .plain:
            let first = UNetLayer(
                residual: try residual(channels, channels, from: scope["resnets"][0]), transformer: nil)
            return MiddleLevel(first: first, second: nil)
        case .crossAttention:
            // diffusers' middle block does not hear of only_cross_attention.
            let first = UNetLayer(
                residual: try residual(channels, channels, from: scope["resnets"][0]),
                transformer: try transformer(level, onlyCrossAttention: false, from: scope["attentions"][0]))
            return MiddleLevel(first: first, second: try residual(channels, channels, from: scope["resnets"][1]))
        }
    }

    private func residual(_ inputs: Int, _ outputs: Int, from scope: WeightScope) throws -> ResidualBlock {
        try ResidualBlock(
            inputs, outputs, time: configuration.timeWidth, groups: configuration.normGroups,
            epsilon: configuration.normEpsilon, from: scope)
    }

    private func transformer(
        _ level: Int, onlyCrossAttention: Bool, from scope: WeightScope
    ) throws -> SpatialTransformer {
        try SpatialTransformer(
            configuration.blockOutChannels[level], heads: configuration.heads[level],
            contextWidth: configuration.crossAttentionWidth[level],
            blockCount: configuration.transformerLayers[level], groups: configuration.normGroups,
            onlyCrossAttention: onlyCrossAttention, from: scope)
    }
}
