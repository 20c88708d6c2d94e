public import DaguerreTensors

/// `text_encoder/config.json`: the shape of a CLIP text encoder, with transformers' field names and defaults.
///
/// Source: transformers 5.23 `CLIPTextConfig`.
public struct CLIPTextConfiguration: Decodable, Equatable, Sendable {
    public let vocabularySize, width, innerWidth, layerCount, heads, maximumLength: Int
    /// Inside the feed-forward layers.
    public let activation: Activation
    /// Epsilon of every norm.
    public let normEpsilon: Float
    /// Width of the projected, pooled state.
    public let projectionWidth: Int
    /// Its state is the pooled one.
    public let endToken: Int

    private enum Key: String, CodingKey {
        case vocabSize = "vocab_size", hiddenSize = "hidden_size", intermediateSize = "intermediate_size"
        case numHiddenLayers = "num_hidden_layers", numAttentionHeads = "num_attention_heads"
        case maxPositionEmbeddings = "max_position_embeddings", hiddenAct = "hidden_act"
        case layerNormEps = "layer_norm_eps", projectionDim = "projection_dim", eosTokenID = "eos_token_id"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: "text_encoder/config.json")
        func read<T: Decodable>(_ key: Key, _ preset: T) throws -> T {
            try fields.decodeIfPresent(T.self, forKey: key) ?? preset
        }
        vocabularySize = try read(.vocabSize, 49408)
        width = try read(.hiddenSize, 512)
        innerWidth = try read(.intermediateSize, 2048)
        layerCount = try read(.numHiddenLayers, 12)
        heads = try read(.numAttentionHeads, 8)
        maximumLength = try read(.maxPositionEmbeddings, 77)
        normEpsilon = try read(.layerNormEps, 1e-5)
        projectionWidth = try read(.projectionDim, 512)
        endToken = try fields.decodeIfPresent(Int.self, forKey: .eosTokenID) ?? 49407

        let name = try read(.hiddenAct, "quick_gelu")
        let activations: [String: Activation] = ["quick_gelu": .quickGELU, "gelu": .gelu]
        try check.support("hidden_act", name, "quick_gelu, gelu", activations[name] != nil)
        activation = activations[name] ?? .quickGELU

        try check.require(
            "vocab_size", vocabularySize, "a number from 1 to 1000000", (1...1_000_000).contains(vocabularySize))
        for (field, size) in [
            ("hidden_size", width), ("intermediate_size", innerWidth), ("num_attention_heads", heads),
            ("max_position_embeddings", maximumLength), ("projection_dim", projectionWidth),
        ] {
            try check.size(field, size)
        }
        // A prompt of no words still has a begin and an end.
        try check.require(
            "max_position_embeddings", maximumLength, "a number from 2 to 65536", maximumLength >= 2)
        try check.count("num_hidden_layers", layerCount)
        try check.require("num_attention_heads", heads, "a divisor of hidden_size \(width)", width % heads == 0)
    }

    /// The shape of every layer.
    var layer: CLIPLayer.Shape {
        CLIPLayer.Shape(
            width: width, innerWidth: innerWidth, heads: heads, normEpsilon: normEpsilon, activation: activation,
            isCausal: true)
    }
}
