import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// What a UNet and its ControlNets have in common: the first convolution, the embedding of the time, the way down and
/// the middle.
///
/// Source: diffusers 0.42.1 `UNet2DConditionModel`, `ControlNetModel`; weight keys are theirs.
struct UNetEncoder: Sendable {
    let configuration: UNetConfiguration

    private let convIn: Convolution
    private let timeEmbedding: TimestepEmbedding
    private let additionEmbedding: TimestepEmbedding?  // of Stable Diffusion XL
    private let down: [DownLevel]
    private let middle: MiddleLevel?

    init(_ configuration: UNetConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        let channels = configuration.blockOutChannels
        let levels = channels.count
        let build = UNetLayerBuilder(configuration: configuration)

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
    }

    /// Every layer in the order in which a forward pass visits it.
    var layers: [UNetLayer] {
        var layers = down.flatMap(\.layers)
        if let middle {
            layers.append(middle.first)
            if let second = middle.second { layers.append(UNetLayer(residual: second, transformer: nil)) }
        }
        return layers
    }

    /// Activated embeddings of `timesteps`, float32 `[S·R, timeWidth]`, for R rows of each timestep: one, or one for each
    /// prompt that `added` speaks of.
    ///
    /// `guidance` is embedded for latent consistency models, which have a `timeConditionWidth`.
    func embedding(
        _ timesteps: [Double], guidance: Double?, added: AddedConditions?, on backend: some Backend
    ) throws -> (embedding: Tensor, rowsPerStep: Int) {
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
            return (try timeEmbedding(sinusoids, condition: condition, activation: .silu, on: backend), 1)
        }
        let times = try timeEmbedding(sinusoids, condition: condition, activation: .identity, on: backend)
        let addition = try additionEmbedding(
            added.embedded(as: configuration, on: backend), activation: .identity, on: backend)
        let rows = addition.shape[0]
        let steps = try timesteps.indices.map { step in
            let time = try backend.shared(times.slice(step..<step + 1), by: rows)
            return try backend.activate(backend.weightedSum([(1, time), (1, addition)]), .silu)
        }
        return (try backend.concatenateBatch(steps), rows)
    }

    /// `latents [N, H, W, inChannels]` of M prompts → the middle's output, and to `skips` what the way up takes.
    ///
    /// `hint` is added to the first convolution's output. A tensor has N samples until a layer looks at the text.
    func callAsFunction(
        _ latents: Tensor, hint: Tensor? = nil, time: TimeStates, prompts: Int, skips: inout [Tensor],
        _ conditioning: inout Conditioning, on backend: some Backend
    ) throws -> Tensor {
        var x = latents
        if configuration.centerInputSample {
            let ones = HostTensor(Array(repeating: 1, count: latents.shape.elementCount), shape: latents.shape)
            x = try backend.weightedSum([(2, x), (-1, backend.upload(ones, as: .float32))])
        }
        x = try convIn(x, residual: hint.map { try backend.shared($0, by: x.shape[0]) }, on: backend)
        if time.rowCount > 1 { x = try backend.shared(x, by: prompts) }
        skips.append(x)
        for level in down { x = try level(x, skips: &skips, &conditioning, on: backend) }
        if let middle { x = try middle(x, &conditioning, on: backend) }
        return x
    }
}
