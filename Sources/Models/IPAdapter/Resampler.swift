import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Learned queries that look at the states of all patches of a picture, and become its tokens.
///
/// Source: Alayrac et al., "Flamingo" (arXiv 2204.14198) §2.1, perceiver resampler; diffusers 0.42.1
/// `IPAdapterPlusImageProjection`, under the keys of the original files.
struct Resampler: ImageProjection {
    private let queries: HostTensor
    private let projectionIn, projectionOut: Linear
    private let layers: [ResamplerLayer]
    private let normOut: LayerNorm

    init(_ configuration: IPAdapterConfiguration, from weights: WeightScope) throws {
        let width = configuration.innerWidth
        queries = weights.tensor("latents", [1, configuration.tokenCount ?? 1, width])
        projectionIn = try Linear(configuration.inputWidth, width, from: weights["proj_in"])
        layers = try (0..<configuration.layerCount).map {
            try ResamplerLayer(configuration, from: weights["layers"][$0])
        }
        projectionOut = try Linear(width, configuration.contextWidth, from: weights["proj_out"])
        normOut = try LayerNorm(channels: configuration.contextWidth, from: weights["norm_out"])
    }

    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        let seen = try projectionIn(x, on: backend)
        var tokens = try backend.shared(backend.upload(queries, as: backend.activationType), by: x.shape[0])
        for layer in layers { tokens = try layer(tokens, seen: seen, on: backend) }
        return try normOut(projectionOut(tokens, on: backend), on: backend)
    }
}

/// Queries look at the patches and at themselves, then a feed-forward layer; each is added to its input.
private struct ResamplerLayer: Sendable {
    private let normSeen, normTokens, normFeedForward: LayerNorm
    private let query, output, up, down: Linear
    private let key, value: LinearWeight
    private let heads: Int

    init(_ configuration: IPAdapterConfiguration, from weights: WeightScope) throws {
        let width = configuration.innerWidth
        let inner = configuration.heads * IPAdapterConfiguration.headWidth
        heads = configuration.heads
        let (attention, feedForward) = (weights[0], weights[1])
        normSeen = try LayerNorm(channels: width, from: attention["norm1"])
        normTokens = try LayerNorm(channels: width, from: attention["norm2"])
        query = try Linear(width, inner, hasBias: false, from: attention["to_q"])
        output = try Linear(inner, width, hasBias: false, from: attention["to_out"])
        // One matrix: keys, then values.
        let both = attention["to_kv"]
        let weight = both.tensor("weight", [2 * inner, width])
        func half(_ name: String, _ rows: Range<Int>) throws -> LinearWeight {
            try both.backend.prepareLinear("\(both.path).\(name)", weight: weight.slice(rows), bias: nil)
        }
        key = try half("key", 0..<inner)
        value = try half("value", inner..<2 * inner)
        normFeedForward = try LayerNorm(channels: width, from: feedForward[0])
        up = try Linear(width, configuration.feedForwardWidth, hasBias: false, from: feedForward[1])
        down = try Linear(configuration.feedForwardWidth, width, hasBias: false, from: feedForward[3])
    }

    /// `tokens [N, Q, width]` look at `seen [N, S, width]`.
    func callAsFunction(_ tokens: Tensor, seen: Tensor, on backend: some Backend) throws -> Tensor {
        let own = try normTokens(tokens, on: backend)
        let context = try backend.joinedTokens(normSeen(seen, on: backend), own)
        let attended = try backend.attention(
            q: query(own, on: backend), k: backend.linear(context, key), v: backend.linear(context, value),
            heads: heads, causal: false)
        let x = try output(attended, residual: tokens, on: backend)
        let inner = try up(normFeedForward(x, on: backend), activation: .gelu, on: backend)
        return try down(inner, residual: x, on: backend)
    }
}

extension Backend {
    /// `a [N, S, D]` and `b [N, T, D]` → `[N, S + T, D]`.
    func joinedTokens(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        let (count, width) = (a.shape[0], a.shape.channels)
        let rows = (0..<count).flatMap { row in
            [a, b].map { $0.slice(row..<row + 1).reshaped([$0.shape[1], width]) }
        }
        return try concatenateBatch(rows).reshaped([count, a.shape[1] + b.shape[1], width])
    }
}
