public import DaguerreCheckpoints
import DaguerreLayers
public import DaguerreTensors

/// Turns a picture into states that an IP-Adapter shows a denoiser, or that a safety checker compares with concepts.
///
/// Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (arXiv 2103.00020);
/// transformers 5.23 `CLIPVisionModelWithProjection`, whose weight keys these are.
public struct CLIPVisionEncoder: Sendable {
    /// The shape it was built to.
    public let configuration: CLIPVisionConfiguration

    private let patches: Convolution
    private let classEmbedding, positionEmbedding: HostTensor
    private let normIn, normOut: LayerNorm
    private let layers: [CLIPLayer]
    private let projection: Linear

    /// Builds every layer from its weights; the ledger's `verify()` lists what is absent or misshapen.
    ///
    /// The encoder lies below `vision_model.`, and below that once more where transformers 4 wrote a model around it.
    public init(_ configuration: CLIPVisionConfiguration, from weights: WeightScope) throws {
        self.configuration = configuration
        let width = configuration.width
        let outer = weights["vision_model"]
        let model = outer["vision_model"]["embeddings"].has("class_embedding") ? outer["vision_model"] : outer
        let embeddings = model["embeddings"]
        patches = try Convolution(
            3, width, kernel: configuration.patchSize, stride: configuration.patchSize, padding: Padding(0),
            hasBias: false, from: embeddings["patch_embedding"])
        classEmbedding = embeddings.tensor("class_embedding", [width])
        positionEmbedding = embeddings["position_embedding"].tensor("weight", [configuration.tokenCount, width])
        // The key is spelt so.
        normIn = try LayerNorm(channels: width, epsilon: configuration.normEpsilon, from: model["pre_layrnorm"])
        layers = try (0..<configuration.layerCount).map {
            try CLIPLayer(configuration.layer, from: model["encoder"]["layers"][$0])
        }
        normOut = try LayerNorm(channels: width, epsilon: configuration.normEpsilon, from: model["post_layernorm"])
        projection = try Linear(
            width, configuration.projectionWidth, hasBias: false, from: weights["visual_projection"])
    }

    /// What came out.
    public struct Output: Sendable {
        /// The last layer's input `[N, T, width]`: what the Plus variants of IP-Adapters look at.
        public let penultimate: Tensor
        /// The class token's state after the last layer, normed and projected: `[N, projectionWidth]`, float32.
        public let embedding: Tensor
    }

    /// Encodes `pictures [N, imageSize, imageSize, 3]`, prepared as ``CLIPImagePreparation`` does.
    public func callAsFunction(_ pictures: HostTensor, on backend: some Backend) throws -> Output {
        let side = configuration.imageSize
        precondition(pictures.shape.extents.dropFirst() == [side, side, 3], "pictures are as large as the encoder's")
        var x = try embed(backend.upload(pictures, as: backend.activationType), on: backend)
        x = try normIn(x, on: backend)
        for layer in layers.dropLast() { x = try layer(x, on: backend) }
        let penultimate = x
        if let last = layers.last { x = try last(x, on: backend) }
        let first = try backend.concatenateBatch(
            (0..<pictures.shape[0]).map { row in
                x.slice(row..<row + 1).reshaped([configuration.tokenCount, configuration.width]).slice(0..<1)
            })
        return Output(
            penultimate: penultimate,
            embedding: try projection(normOut(first, on: backend), as: .float32, on: backend))
    }

    /// The class token, then each patch, each plus the embedding of its position: `[N, T, width]`.
    private func embed(_ pictures: Tensor, on backend: some Backend) throws -> Tensor {
        let (width, count) = (configuration.width, configuration.tokenCount)
        let patches = try patches(pictures, on: backend)
        let token = try backend.upload(classEmbedding.reshaped([1, width]), as: backend.activationType)
        let positions = try backend.upload(positionEmbedding, as: backend.activationType)
        let rows = try (0..<pictures.shape[0]).map { row in
            let tokens = try backend.concatenateBatch([
                token, patches.slice(row..<row + 1).reshaped([count - 1, width]),
            ])
            return try backend.weightedSum([(1, tokens), (1, positions)]).reshaped([1, count, width])
        }
        return try rows.count == 1 ? rows[0] : backend.concatenateBatch(rows)
    }
}
