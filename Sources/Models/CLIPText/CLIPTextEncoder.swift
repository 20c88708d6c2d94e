public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// Turns the tokens of a prompt into states that the denoiser looks at.
///
/// Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (arXiv 2103.00020);
/// transformers 5.23 `CLIPTextModel` and `CLIPTextModelWithProjection`, whose weight keys these are.
public struct CLIPTextEncoder: Sendable {
    /// The shape it was built to.
    public let configuration: CLIPTextConfiguration

    private let tokenEmbedding, positionEmbedding: HostTensor
    private let layers: [CLIPLayer]
    private let finalNorm: LayerNorm
    private let projection: Linear?

    /// Builds every layer from its weights; the ledger's `verify()` lists what is absent or misshapen.
    ///
    /// transformers 4 writes keys with the prefix `text_model.`, transformers 5 without; both load.
    public init(_ configuration: CLIPTextConfiguration, hasProjection: Bool, from weights: WeightScope) throws {
        self.configuration = configuration
        let width = configuration.width
        let prefixed = weights["text_model"]
        let model = prefixed["final_layer_norm"].has("weight") ? prefixed : weights
        tokenEmbedding = model["embeddings"]["token_embedding"].tensor(
            "weight", [configuration.vocabularySize, width])
        positionEmbedding = model["embeddings"]["position_embedding"].tensor(
            "weight", [configuration.maximumLength, width])
        layers = try (0..<configuration.layerCount).map {
            try CLIPLayer(configuration.layer, from: model["encoder"]["layers"][$0])
        }
        finalNorm = try LayerNorm(
            channels: width, epsilon: configuration.normEpsilon, from: model["final_layer_norm"])
        projection =
            hasProjection
            ? try Linear(width, configuration.projectionWidth, hasBias: false, from: weights["text_projection"]) : nil
    }

    /// Width of the pooled state.
    public var pooledWidth: Int { projection == nil ? configuration.width : configuration.projectionWidth }

    /// What came out of each layer.
    public struct Output: Sendable {
        /// The embeddings, then each layer's output, before the final norm: `layerCount + 1` tensors `[N, T, width]`.
        public let hiddenStates: [Tensor]
        /// The last layer's output after the final norm `[N, T, width]`.
        public let lastHiddenState: Tensor
        /// The normed state at each prompt's end token, projected where the model has a projection: `[N, P]`.
        public let pooled: Tensor
    }

    /// Vectors that stand in place of some tokens' own: a textual inversion.
    public struct InsertedVectors: Sendable {
        /// The prompt, and the place in it of the first vector.
        public let row, position: Int
        /// `[V, width]`; all V fit into the prompt.
        public let vectors: HostTensor

        /// Puts `vectors [V, width]` at `position` and behind it in prompt `row`.
        public init(row: Int, position: Int, vectors: HostTensor) {
            self.row = row
            self.position = position
            self.vectors = vectors
        }
    }

    /// Encodes prompts of equally many tokens, at most `maximumLength`, each less than `vocabularySize`.
    ///
    /// Where vectors are inserted, tokens only hold their place; the end token must not be one of them.
    public func callAsFunction(
        _ tokens: [[Int]], inserting inserted: [InsertedVectors] = [], on backend: some Backend
    ) throws -> Output {
        var x = try backend.upload(embed(tokens, inserting: inserted), as: backend.activationType)
        var hiddenStates = [x]
        for layer in layers {
            x = try layer(x, on: backend)
            hiddenStates.append(x)
        }
        let last = try finalNorm(x, on: backend)
        let ends = try backend.concatenateBatch(
            zip(0..., tokens).map { row, tokens in
                let end = endPosition(tokens)
                return last.slice(row..<row + 1).reshaped([tokens.count, configuration.width]).slice(end..<end + 1)
            })
        return Output(
            hiddenStates: hiddenStates, lastHiddenState: last, pooled: try projection?(ends, on: backend) ?? ends)
    }

    /// The final norm of a hidden state that is not the last, for clip skip.
    public func normalised(_ hiddenState: Tensor, on backend: some Backend) throws -> Tensor {
        try finalNorm(hiddenState, on: backend)
    }

    /// The first end token; configurations from before transformers 4.31 say 2, and mean the highest token.
    private func endPosition(_ tokens: [Int]) -> Int {
        let end = configuration.endToken == 2 ? tokens.max() : configuration.endToken
        return tokens.firstIndex { $0 == end } ?? 0
    }

    /// Rows of the token table plus rows of the position table; on the host, since only the prompt's rows are read.
    private func embed(_ tokens: [[Int]], inserting inserted: [InsertedVectors]) -> HostTensor {
        let length = tokens.first?.count ?? 0
        let shape: Shape = [tokens.count, length, configuration.width]
        guard !tokenEmbedding.isShapeOnly else {
            return HostTensor(Array(repeating: 0, count: shape.elementCount), shape: shape)
        }
        let positions = positionEmbedding.slice(0..<length).floats
        var values: [Float] = []
        values.reserveCapacity(shape.elementCount)
        for row in tokens {
            for (position, token) in row.enumerated() {
                let state = tokenEmbedding.slice(token..<token + 1).floats
                for channel in 0..<configuration.width {
                    values.append(state[channel] + positions[position * configuration.width + channel])
                }
            }
        }
        for insertion in inserted {
            precondition(
                insertion.vectors.shape.channels == configuration.width
                    && insertion.position + insertion.vectors.shape[0] <= length, "inserted vectors fit the prompt")
            let start = insertion.position * configuration.width
            for (channel, value) in insertion.vectors.floats.enumerated() {
                values[insertion.row * length * configuration.width + start + channel] =
                    value + positions[start + channel]
            }
        }
        return HostTensor(values, shape: shape)
    }
}
