import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// Turns what a vision encoder sees into tokens as wide as a prompt's.
protocol ImageProjection: Sendable {
    /// `[N, inputWidth]` or `[N, S, inputWidth]` → `[N, T, contextWidth]`.
    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor
}

/// One matrix that makes a few tokens of the state of a whole picture.
///
/// Source: diffusers `ImageProjection`.
struct PlainProjection: ImageProjection {
    private let projection: Linear
    private let norm: LayerNorm
    private let tokenCount, width: Int

    init(_ configuration: IPAdapterConfiguration, from weights: WeightScope) throws {
        tokenCount = configuration.tokenCount ?? 1
        width = configuration.contextWidth
        projection = try Linear(configuration.inputWidth, tokenCount * width, from: weights["proj"])
        norm = try LayerNorm(channels: width, from: weights["norm"])
    }

    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        try norm(projection(x, on: backend).reshaped([x.shape[0], tokenCount, width]), on: backend)
    }
}

/// Two matrices that make a token of the state of each patch.
///
/// Source: diffusers `IPAdapterFullImageProjection`.
struct FullFaceProjection: ImageProjection {
    private let first, second: Linear
    private let norm: LayerNorm

    init(_ configuration: IPAdapterConfiguration, from weights: WeightScope) throws {
        let projection = weights["proj"]
        first = try Linear(configuration.inputWidth, configuration.innerWidth, from: projection[0])
        second = try Linear(configuration.innerWidth, configuration.contextWidth, from: projection[2])
        norm = try LayerNorm(channels: configuration.contextWidth, from: projection[3])
    }

    func callAsFunction(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        try norm(second(first(x, activation: .gelu, on: backend), on: backend), on: backend)
    }
}
