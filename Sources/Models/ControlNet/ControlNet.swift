public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// A copy of a UNet's way down and middle that sees a control picture, and says what to add to the original's skips.
///
/// Source: Zhang et al., "Adding Conditional Control to Text-to-Image Diffusion Models" (arXiv 2302.05543); diffusers
/// 0.42.1 `ControlNetModel`, whose weight keys these are.
public struct ControlNet: Sendable {
    /// The shape it was built to.
    public let configuration: ControlNetConfiguration

    private let encoder: UNetEncoder
    private let hintEmbedding: ControlHintEmbedding
    /// 1×1 convolutions of each skip and of the middle, which training begins with zeros.
    private let skipProjections: [Linear]
    private let middleProjection: Linear

    /// Builds every layer from its weights.
    ///
    /// - Throws: what the backend throws if it runs out of memory. Absent and misshapen weights are noted in the scope's
    ///   ledger, whose `verify()` lists them.
    public init(_ configuration: ControlNetConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        encoder = try UNetEncoder(configuration.unet, from: weights)
        hintEmbedding = try ControlHintEmbedding(configuration, from: weights["controlnet_cond_embedding"])
        skipProjections = try configuration.unet.skips.enumerated().map { index, skip in
            try Linear(skip.channels, skip.channels, from: weights["controlnet_down_blocks"][index])
        }
        let lowest = configuration.unet.blockOutChannels[configuration.unet.blockOutChannels.count - 1]
        middleProjection = try Linear(lowest, lowest, from: weights["controlnet_mid_block"])
    }

    /// What it sees of control pictures `[N, H, W, 3]` in 0…1, computed once per run: `[N, H/8, W/8, C]`.
    public func hint(_ pictures: HostTensor, on backend: some Backend) throws -> Tensor {
        precondition(pictures.shape.rank == 4 && pictures.shape.channels == 3, "control pictures are [N, H, W, 3]")
        let ordered = configuration.channelOrder == .bgr ? pictures.withChannelsReversed : pictures
        return try hintEmbedding(backend.upload(ordered, as: backend.activationType), on: backend)
    }

    /// What its residual blocks add for each of `timesteps`, computed once per schedule; see ``UNet/timeStates(_:guidance:added:on:)``.
    public func timeStates(
        _ timesteps: [Double], added: AddedConditions? = nil, on backend: some Backend
    ) throws -> TimeStates {
        let (embedding, rows) = try encoder.embedding(timesteps, guidance: nil, added: added, on: backend)
        return try TimeStates(embedding, rowsPerStep: rows, of: encoder.layers, on: backend)
    }

    /// What its attentions see of text states `[M, S, crossAttentionWidth]`, computed once per prompt.
    public func textStates(_ context: Tensor, on backend: some Backend) throws -> TextStates {
        try TextStates(context, of: encoder.layers, on: backend)
    }

    /// What is to be added at one step to a UNet's skips and middle, for `latents [N, H, W, inChannels]` as the UNet sees
    /// them, a `hint` of 1 or N pictures, and the time and text of its M prompts.
    ///
    /// `text` and `time` are those of all prompts, or of the conditional ones alone where `prompts` is `.conditional`.
    /// Samples stay shared up to where the text is first looked at, as in the UNet.
    public func callAsFunction(
        _ latents: Tensor, hint: Tensor, time: TimeStates, text: TextStates, weight: Double = 1,
        mode: ControlMode = .balanced, on backend: some Backend
    ) throws -> ControlResiduals {
        guard hint.shape.extents[1..<3] == latents.shape.extents[1..<3] else {
            throw ModelError.invalid(
                file: "a ControlNet", field: "the size of the control picture",
                found: "\(hint.shape[2] * configuration.scale) × \(hint.shape[1] * configuration.scale)",
                expected: "\(latents.shape[2] * configuration.scale) × \(latents.shape[1] * configuration.scale)")
        }
        var conditioning = Conditioning(time: time, text: text, samples: latents.shape[0])
        var skips: [Tensor] = []
        let middle = try encoder(
            latents, hint: hint, time: time, prompts: text.batch, skips: &skips, &conditioning, on: backend)
        let prompts = prompts(mode)
        let layerWeights =
            configuration.poolsGlobally && mode == .guess
            ? ControlMode.balanced.weights(skips.count + 1) : mode.weights(skips.count + 1)
        func term(_ x: Tensor, _ projection: Linear, _ index: Int) throws -> ControlResiduals.Term {
            // The mean and the projection of each pixel can change places, and the mean is the smaller.
            let x = configuration.poolsGlobally ? try backend.pixelMean(x) : x
            return ControlResiduals.Term(
                factor: weight * layerWeights[index], tensor: try projection(x, on: backend), prompts: prompts)
        }
        // Each skip is let go once it is projected.
        var terms: [ControlResiduals.Term] = []
        for (index, projection) in skipProjections.enumerated() {
            terms.append(try term(skips[0], projection, index))
            skips.removeFirst()
        }
        return ControlResiduals(skips: terms, middle: try term(middle, middleProjection, terms.count))
    }

    /// Which prompts are to hear of it in `mode`: global pooling keeps it from the negative ones in every mode.
    public func prompts(_ mode: ControlMode) -> ControlResiduals.Prompts {
        configuration.poolsGlobally ? .conditional : mode.prompts
    }
}

extension HostTensor {
    /// Float32 `[..., C]` with the channels in the opposite order; a tensor that has a shape only stays as it is.
    fileprivate var withChannelsReversed: HostTensor {
        guard !isShapeOnly else { return self }
        let values = floats
        let channels = shape.channels
        return HostTensor(
            values.indices.map { values[$0 - $0 % channels + channels - 1 - $0 % channels] }, shape: shape)
    }
}
