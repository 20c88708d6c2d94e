public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// The denoiser: predicts, from noisy latents, a timestep and a prompt, the noise (or velocity, or clean latents).
///
/// Source: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (arXiv 2112.10752);
/// diffusers 0.42.1 `UNet2DConditionModel`, whose weight keys these are.
public struct UNet: Sendable {
    /// The shape it was built to.
    public let configuration: UNetConfiguration

    private let convIn, convOut: Convolution
    private let timeEmbedding: TimestepEmbedding
    private let additionEmbedding: TimestepEmbedding?  // of Stable Diffusion XL
    private let down: [DownLevel]
    private let middle: MiddleLevel?
    private let up: [UpLevel]
    private let normOut: GroupNorm

    /// Builds every layer from its weights.
    ///
    /// - Throws: what the backend throws if it runs out of memory. Absent and misshapen weights are noted in the scope's
    ///   ledger, whose `verify()` lists them.
    public init(_ configuration: UNetConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        let channels = configuration.blockOutChannels
        let levels = channels.count
        let build = LayerBuilder(configuration: configuration)

        convIn = try Convolution(
            configuration.inChannels, channels[0], kernel: configuration.convInKernel, from: weights["conv_in"])
        timeEmbedding = try TimestepEmbedding(
            channels[0], configuration.timeWidth, conditionWidth: configuration.timeConditionWidth,
            from: weights["time_embedding"])
        additionEmbedding = try configuration.addition.map {
            try TimestepEmbedding(
                $0.inputWidth, configuration.timeWidth, conditionWidth: nil, from: weights["add_embedding"])
        }

        down = try (0..<levels).map { level in
            let scope = weights["down_blocks"][level]
            let layers = try (0..<configuration.layersPerBlock[level]).map { layer in
                try build.layer(
                    layer, level, inputs: layer == 0 ? channels[max(level - 1, 0)] : channels[level],
                    kind: configuration.downBlocks[level], from: scope)
            }
            let isLast = level == levels - 1
            return DownLevel(
                layers: layers,
                downsampler: isLast
                    ? nil
                    : try Downsampler(
                        channels[level], padding: configuration.downsamplePadding, from: scope["downsamplers"][0]))
        }

        middle = try build.middle(from: weights["mid_block"])

        // The channels of the skips, in the order in which the way up takes them.
        var skips = [channels[0]]
        for level in 0..<levels {
            skips += Array(repeating: channels[level], count: configuration.layersPerBlock[level])
            if level < levels - 1 { skips.append(channels[level]) }
        }
        var inputs = channels[levels - 1]
        var upLevels: [UpLevel] = []
        for index in 0..<levels {
            let level = levels - 1 - index
            let scope = weights["up_blocks"][index]
            var layers: [UNetLayer] = []
            for layer in 0...configuration.layersPerBlock[level] {
                layers.append(
                    try build.layer(
                        layer, level, inputs: inputs + (skips.popLast() ?? 0), kind: configuration.upBlocks[index],
                        from: scope))
                inputs = channels[level]
            }
            let upsampler = level == 0 ? nil : try Upsampler(inputs, from: scope["upsamplers"][0])
            upLevels.append(UpLevel(layers: layers, upsampler: upsampler))
        }
        up = upLevels

        normOut = try GroupNorm(
            channels: channels[0], groups: configuration.normGroups, epsilon: configuration.normEpsilon,
            from: weights["conv_norm_out"])
        convOut = try Convolution(
            channels[0], configuration.outChannels, kernel: configuration.convOutKernel, from: weights["conv_out"])
    }

    /// What the residual blocks add for each of `timesteps`, computed once per schedule.
    ///
    /// `guidance` is embedded for latent consistency models, which have a `timeConditionWidth`. `added` is what a model
    /// with an `addition` is told of each of M prompts; there are then M rows for each timestep.
    public func timeStates(
        _ timesteps: [Double], guidance: Double? = nil, added: AddedConditions? = nil, on backend: some Backend
    ) throws -> TimeStates {
        let sinusoids = try backend.timestepEmbedding(
            timesteps, channels: configuration.blockOutChannels[0], cosineFirst: configuration.flipSinToCos,
            frequencyShift: configuration.frequencyShift)
        var condition: Tensor?
        if let guidance, let width = configuration.timeConditionWidth {
            // Source: diffusers `get_guidance_scale_embedding`: (scale - 1) · 1000, sines first, shift 1.
            condition = try backend.timestepEmbedding(
                Array(repeating: (guidance - 1) * 1000, count: timesteps.count), channels: width, cosineFirst: false,
                frequencyShift: 1)
        }
        guard let additionEmbedding, let added else {
            let embedding = try timeEmbedding(sinusoids, condition: condition, activation: .silu, on: backend)
            return try timeStates(embedding, rowsPerStep: 1, on: backend)
        }
        let times = try timeEmbedding(sinusoids, condition: condition, activation: .identity, on: backend)
        let addition = try additionEmbedding(
            added.embedded(as: configuration, on: backend), activation: .identity, on: backend)
        let rows = addition.shape[0]
        let steps = try timesteps.indices.map { step in
            let time = try backend.shared(times.slice(step..<step + 1), by: rows)
            return try backend.activate(backend.weightedSum([(1, time), (1, addition)]), .silu)
        }
        return try timeStates(backend.concatenateBatch(steps), rowsPerStep: rows, on: backend)
    }

    private func timeStates(
        _ embedding: Tensor, rowsPerStep: Int, on backend: some Backend
    ) throws -> TimeStates {
        TimeStates(
            shifts: try layers.compactMap { try $0.residual.shifts(embedding, on: backend) }, rowsPerStep: rowsPerStep)
    }

    /// What the attentions see of text states `[N, S, crossAttentionWidth]`, computed once per prompt.
    public func textStates(_ context: Tensor, on backend: some Backend) throws -> TextStates {
        TextStates(
            transformers: try layers.compactMap { try $0.transformer?.text(context, on: backend) },
            batch: context.shape[0])
    }

    /// Predicts from `latents [N, H, W, inChannels]`, the time states of one step (one row, or one for each sample) and
    /// the text states of M prompts → `[M, H, W, outChannels]`.
    ///
    /// N divides M: with guidance, negative prompts and prompts share their latents, and what does not depend on the
    /// prompt is computed once. Prompt *i* belongs to sample *i mod N*. Where time has a row for each prompt, as in
    /// Stable Diffusion XL, nothing but the first convolution can be shared.
    public func callAsFunction(
        _ latents: Tensor, time: TimeStates, text: TextStates, on backend: some Backend
    ) throws -> Tensor {
        var conditioning = Conditioning(time: time, text: text)
        var x = latents
        if configuration.centerInputSample {
            let ones = HostTensor(Array(repeating: 1, count: latents.shape.elementCount), shape: latents.shape)
            x = try backend.weightedSum([(2, x), (-1, backend.upload(ones, as: .float32))])
        }
        x = try convIn(x, on: backend)
        if time.rowCount > 1 { x = try backend.shared(x, by: text.batch) }
        var skips = [x]
        for level in down { x = try level(x, skips: &skips, &conditioning, on: backend) }
        if let middle { x = try middle(x, &conditioning, on: backend) }
        for level in up { x = try level(x, skips: &skips, &conditioning, on: backend) }
        x = try convOut(normOut(x, activation: .silu, on: backend), on: backend)
        return try backend.shared(x, by: text.batch)  // where no layer looks at the text
    }

    /// Every layer in the order in which a forward pass visits it.
    private var layers: [UNetLayer] {
        var layers = down.flatMap(\.layers)
        if let middle {
            layers.append(middle.first)
            if let second = middle.second { layers.append(UNetLayer(residual: second, transformer: nil)) }
        }
        return layers + up.flatMap(\.layers)
    }
}

/// Builds the layers of one configuration.
private struct LayerBuilder {
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
