public import DaguerreCheckpoints
public import DaguerreTensors

/// Keys and values `[N, S, heads·d]` that queries look at.
public struct KeyValues: Sendable {
    public let keys, values: Tensor

    /// Pairs keys with their values.
    public init(keys: Tensor, values: Tensor) {
        self.keys = keys
        self.values = values
    }

    /// Those of several samples, as a denoiser numbers their prompts.
    init(together samples: [KeyValues], on backend: some Backend) throws {
        keys = try backend.joinedByPrompt(samples.map(\.keys))
        values = try backend.joinedByPrompt(samples.map(\.values))
    }
}

/// Keys and values of pictures, and how much what is seen of them counts beside the text.
public struct ImageContext: Sendable {
    let seen: KeyValues
    let scale: Double

    /// `seen [1 or N, T, heads·d]`, counted `scale` times.
    public init(_ seen: KeyValues, scale: Double) {
        self.seen = seen
        self.scale = scale
    }
}

/// Multi-head attention with projections of queries, keys, values and output.
///
/// Keys and values come either from the queries' own tokens or from others (`contextWidth`), such as a prompt's text
/// states; the latter do not change between steps and are projected once.
///
/// Source: Vaswani et al., "Attention Is All You Need" (arXiv 1706.03762) §3.2.
public struct Attention: Sendable {
    /// What a family of checkpoints calls the four projections.
    public enum Keys: Sendable {
        /// diffusers `Attention`: `to_q`, `to_k`, `to_v`, `to_out.0`.
        case diffusers
        /// diffusers before 0.15 in autoencoders: `query`, `key`, `value`, `proj_attn`.
        case deprecated
        /// transformers: `q_proj`, `k_proj`, `v_proj`, `out_proj`.
        case transformers

        var names: (query: String, key: String, value: String, output: [String]) {
            switch self {
            case .diffusers: ("to_q", "to_k", "to_v", ["to_out", "0"])
            case .deprecated: ("query", "key", "value", ["proj_attn"])
            case .transformers: ("q_proj", "k_proj", "v_proj", ["out_proj"])
            }
        }
    }

    private let query, key, value, output: Linear
    private let heads: Int
    private let isCausal: Bool

    /// Reads four projections of `width` channels; those of queries, keys and values have a bias if `hasBias`.
    ///
    /// `heads` divides `width`; configurations check it.
    public init(
        _ width: Int, heads: Int, contextWidth: Int? = nil, hasBias: Bool, isCausal: Bool = false, keys: Keys,
        from weights: WeightScope
    ) throws {
        let names = keys.names
        query = try Linear(width, width, hasBias: hasBias, from: weights[names.query])
        key = try Linear(contextWidth ?? width, width, hasBias: hasBias, from: weights[names.key])
        value = try Linear(contextWidth ?? width, width, hasBias: hasBias, from: weights[names.value])
        output = try Linear(width, width, from: names.output.reduce(weights) { $0[$1] })
        self.heads = heads
        self.isCausal = isCausal
    }

    /// Projects `context [N, S, contextWidth]`.
    public func keyValues(_ context: Tensor, on backend: some Backend) throws -> KeyValues {
        KeyValues(keys: try key(context, on: backend), values: try value(context, on: backend))
    }

    /// `x [N, T, width]` looks at `context`, or at itself where that is `nil`; `residual` is added to the result.
    ///
    /// The same queries look at each of `images`, too, and what they see is added before the output's projection.
    /// Source: diffusers 0.42.1 `IPAdapterAttnProcessor2_0`.
    public func callAsFunction(
        _ x: Tensor, context: KeyValues? = nil, images: [ImageContext] = [], residual: Tensor,
        on backend: some Backend
    ) throws -> Tensor {
        try output(seen(x, context, images, on: backend), residual: residual, on: backend)
    }

    /// In a function of its own, so that queries are let go before the output is computed.
    private func seen(
        _ x: Tensor, _ context: KeyValues?, _ images: [ImageContext], on backend: some Backend
    ) throws -> Tensor {
        let context = try context ?? keyValues(x, on: backend)
        let query = try query(x, on: backend)
        let seen = try backend.attention(
            q: query, k: context.keys, v: context.values, heads: heads, causal: isCausal)
        guard !images.isEmpty else { return seen }
        return try backend.weightedSum(
            [(1, seen)]
                + images.map { image in
                    let (keys, values) = (image.seen.keys, image.seen.values)
                    return (
                        image.scale,
                        try backend.attention(q: query, k: keys, v: values, heads: heads, causal: false)
                    )
                })
    }
}
