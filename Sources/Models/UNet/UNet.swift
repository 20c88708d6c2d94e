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

    private let encoder: UNetEncoder
    private let up: [UpLevel]
    private let normOut: GroupNorm
    private let convOut: Convolution

    /// Builds every layer from its weights.
    ///
    /// - Throws: what the backend throws if it runs out of memory. Absent and misshapen weights are noted in the scope's
    ///   ledger, whose `verify()` lists them.
    public init(_ configuration: UNetConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        encoder = try UNetEncoder(configuration, from: weights)

        let channels = configuration.blockOutChannels
        let levels = channels.count
        let build = UNetLayerBuilder(configuration: configuration)
        var skips = configuration.skips.map(\.channels)
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
        let (embedding, rows) = try encoder.embedding(timesteps, guidance: guidance, added: added, on: backend)
        return try TimeStates(embedding, rowsPerStep: rows, of: layers, on: backend)
    }

    /// What the attentions see of text states `[N, S, crossAttentionWidth]`, computed once per prompt.
    public func textStates(_ context: Tensor, on backend: some Backend) throws -> TextStates {
        try TextStates(context, of: layers, on: backend)
    }

    /// Predicts from `latents [N, H, W, inChannels]`, the time states of one step (one row, or one for each sample) and
    /// the text states of M prompts → `[M, H, W, outChannels]`.
    ///
    /// N divides M: with guidance, negative prompts and prompts share their latents, and what does not depend on the
    /// prompt is computed once. Prompt *i* belongs to sample *i mod N*. Where time has a row for each prompt, as in
    /// Stable Diffusion XL, nothing but the first convolution can be shared.
    ///
    /// `control` is what ControlNets and T2I-Adapters add; where there is none, nothing is computed for it.
    public func callAsFunction(
        _ latents: Tensor, time: TimeStates, text: TextStates, control: ControlResiduals? = nil,
        on backend: some Backend
    ) throws -> Tensor {
        var conditioning = Conditioning(time: time, text: text, control: control, samples: latents.shape[0])
        var skips: [Tensor] = []
        var x = try encoder(
            latents, time: time, prompts: text.batch, skips: &skips, &conditioning, on: backend)
        x = try conditioning.controlled(middle: x, on: backend)
        for level in up { x = try level(x, skips: &skips, &conditioning, on: backend) }
        x = try convOut(normOut(x, activation: .silu, on: backend), on: backend)
        return try backend.shared(x, by: text.batch)  // where no layer looks at the text
    }

    /// Every layer in the order in which a forward pass visits it.
    private var layers: [UNetLayer] { encoder.layers + up.flatMap(\.layers) }
}
