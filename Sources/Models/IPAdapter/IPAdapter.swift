public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// Shows a denoiser pictures beside the prompt: further keys and values for each attention to the text.
///
/// Source: Ye et al., "IP-Adapter" (arXiv 2308.06721); weight keys are those of the files at `h94/IP-Adapter`:
/// `image_proj.*`, `ip_adapter.N.to_k_ip.weight`.
public struct IPAdapter: Sendable {
    /// The shape it was built to.
    public let configuration: IPAdapterConfiguration

    private let projection: any ImageProjection
    /// For each spatial transformer of the UNet in the order of a forward pass, for each of its blocks.
    private let attentions: [[(key: Linear, value: Linear)]]

    /// Builds every layer for a UNet of shape `unet`; the ledger's `verify()` lists what is absent or misshapen.
    public init(_ configuration: IPAdapterConfiguration, for unet: UNetConfiguration, from weights: WeightScope) throws
    {
        self.configuration = configuration
        let scope = weights["image_proj"]
        switch configuration.kind {
        case .plain: projection = try PlainProjection(configuration, from: scope)
        case .plus: projection = try Resampler(configuration, from: scope)
        case .fullFace: projection = try FullFaceProjection(configuration, from: scope)
        }
        // Files number the attentions from 1, those to the text being every other one: the way down, up, then the middle.
        let places = unet.transformers
        let order = places.indices.sorted {
            (places[$0].part == .middle ? 1 : 0, $0) < (places[$1].part == .middle ? 1 : 0, $1)
        }
        var attentions = Array(repeating: [(key: Linear, value: Linear)](), count: places.count)
        var number = 1
        for index in order {
            let place = places[index]
            attentions[index] = try (0..<place.blockCount).map { block in
                let attention = weights["ip_adapter"][number + 2 * block]
                func layer(_ name: String) throws -> Linear {
                    try Linear(place.contextWidth, place.channels, hasBias: false, from: attention[name])
                }
                return (try layer("to_k_ip"), try layer("to_v_ip"))
            }
            number += 2 * place.blockCount
        }
        self.attentions = attentions
    }

    /// Tokens of prepared `pictures [N, side, side, 3]`, one after the other: `[1, N·T, contextWidth]`.
    ///
    /// With `besideNothing`, `[2, N·T, contextWidth]`: first the tokens that stand for no picture, which a negative prompt
    /// has. They are those of a state of zeros if the adapter is plain; else those of pictures whose every prepared number
    /// is zero. Source: diffusers 0.42.1 `StableDiffusionPipeline.encode_image`.
    public func tokens(
        of pictures: HostTensor, besideNothing: Bool, seenBy encoder: CLIPVisionEncoder, on backend: some Backend
    ) throws -> Tensor {
        func zeros(_ shape: Shape) -> HostTensor {
            HostTensor(Array(repeating: 0, count: shape.elementCount), shape: shape)
        }
        let count = pictures.shape[0]
        func joined(_ seen: Tensor, repeated: Int = 1) throws -> Tensor {
            let tokens = try backend.shared(projection(seen, on: backend), by: repeated * seen.shape[0])
            return tokens.reshaped([1, count * tokens.shape[1], tokens.shape[2]])
        }
        let isPlain = configuration.kind == .plain
        let output = try encoder(pictures, on: backend)
        let tokens = try joined(isPlain ? output.embedding : output.penultimate)
        guard besideNothing else { return tokens }
        let nothing: Tensor
        if isPlain {
            nothing = try backend.upload(zeros([1, configuration.inputWidth]), as: backend.activationType)
        } else {
            nothing = try encoder(zeros(pictures.shape.withBatch(1)), on: backend).penultimate
        }
        return try backend.concatenateBatch([joined(nothing, repeated: count), tokens])
    }

    /// What the denoiser's attentions see of prepared `pictures [N, side, side, 3]` beside `prompts` prompts, of which the
    /// first `negatives` are shown no picture; computed once per run.
    public func states(
        of pictures: HostTensor, prompts: Int, negatives: Int, seenBy encoder: CLIPVisionEncoder,
        on backend: some Backend
    ) throws -> ImagePromptStates {
        precondition(negatives >= 0 && negatives < prompts, "a prompt is shown the pictures")
        let tokens = try tokens(of: pictures, besideNothing: negatives > 0, seenBy: encoder, on: backend)
        // One row serves every prompt.
        guard negatives > 0 else { return try states(tokens, on: backend) }
        let rows = (0..<prompts).map { $0 < negatives ? tokens.slice(0..<1) : tokens.slice(1..<2) }
        return try states(backend.concatenateBatch(rows), on: backend)
    }

    /// What the denoiser's attentions see of `tokens [1 or M, T, contextWidth]`.
    public func states(_ tokens: Tensor, on backend: some Backend) throws -> ImagePromptStates {
        ImagePromptStates(
            transformers: try attentions.map { blocks in
                try blocks.map { block in
                    KeyValues(keys: try block.key(tokens, on: backend), values: try block.value(tokens, on: backend))
                }
            })
    }
}

/// Keys and values that a denoiser's attentions see of pictures, computed once for all steps.
public struct ImagePromptStates: Sendable {
    /// For each spatial transformer in the UNet's order, for each of its blocks.
    let transformers: [[KeyValues]]
}
