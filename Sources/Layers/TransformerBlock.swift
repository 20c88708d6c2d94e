public import DaguerreCheckpoints
public import DaguerreTensors

/// Self-attention, attention to the text, feed-forward: each on normalised tokens, each added to its input.
///
/// Source: diffusers `BasicTransformerBlock` with `norm_type="layer_norm"`.
public struct TransformerBlock: Sendable {
    private let norm1, norm2, norm3: LayerNorm
    private let attention1, attention2: Attention
    private let feedForward: FeedForward
    private let looksAtTextOnly: Bool

    /// Reads the block's weights.
    ///
    /// With `onlyCrossAttention`, the first attention looks at the text as well.
    public init(
        _ width: Int, heads: Int, contextWidth: Int, onlyCrossAttention: Bool, from weights: WeightScope
    ) throws {
        norm1 = try LayerNorm(channels: width, from: weights["norm1"])
        attention1 = try Attention(
            width, heads: heads, contextWidth: onlyCrossAttention ? contextWidth : nil, hasBias: false,
            keys: .diffusers, from: weights["attn1"])
        norm2 = try LayerNorm(channels: width, from: weights["norm2"])
        attention2 = try Attention(
            width, heads: heads, contextWidth: contextWidth, hasBias: false, keys: .diffusers, from: weights["attn2"])
        norm3 = try LayerNorm(channels: width, from: weights["norm3"])
        feedForward = try FeedForward(width, from: weights["ff"])
        looksAtTextOnly = onlyCrossAttention
    }

    /// What both attentions see of a prompt's text states.
    public struct Text: Sendable {
        fileprivate let first: KeyValues?
        fileprivate let second: KeyValues
        fileprivate var images: [ImageContext] = []

        /// Prompts, one for each sample.
        public var batch: Int { second.keys.shape[0] }

        /// The texts of several samples, equally many of each and equally long, as a denoiser numbers them; none has
        /// pictures beside it.
        package init(together samples: [Text], on backend: some Backend) throws {
            precondition(samples.allSatisfy(\.images.isEmpty), "pictures are not joined")
            let first = samples.compactMap(\.first)
            self.first = first.isEmpty ? nil : try KeyValues(together: first, on: backend)
            second = try KeyValues(together: samples.map(\.second), on: backend)
        }

        fileprivate init(first: KeyValues?, second: KeyValues) {
            self.first = first
            self.second = second
        }

        /// The same with a picture beside the text.
        public func adding(_ image: ImageContext) -> Text {
            var text = self
            text.images.append(image)
            return text
        }
    }

    /// Projects `context [N, S, contextWidth]`, once per prompt.
    public func text(_ context: Tensor, on backend: some Backend) throws -> Text {
        Text(
            first: looksAtTextOnly ? try attention1.keyValues(context, on: backend) : nil,
            second: try attention2.keyValues(context, on: backend))
    }

    /// `x [N, T, width]` and a text for each of M prompts → `[M, T, width]`; N divides M.
    ///
    /// Samples that several prompts share stay shared up to where the text is first looked at.
    public func callAsFunction(_ x: Tensor, text: Text, on backend: some Backend) throws -> Tensor {
        var x = looksAtTextOnly ? try backend.shared(x, by: text.batch) : x
        x = try attention1(norm1(x, on: backend), context: text.first, residual: x, on: backend)
        x = try backend.shared(x, by: text.batch)
        x = try attention2(norm2(x, on: backend), context: text.second, images: text.images, residual: x, on: backend)
        return try feedForward(norm3(x, on: backend), residual: x, on: backend)
    }
}
