public import DaguerreTensors

/// `config.json` of a CLIP vision encoder, with transformers' field names and defaults.
///
/// Source: transformers 5.23 `CLIPVisionConfig`.
public struct CLIPVisionConfiguration: Decodable, Equatable, Sendable {
    public let width, innerWidth, layerCount, heads: Int
    /// Side of the picture and of a patch, in pixels.
    public let imageSize, patchSize: Int
    /// Inside the feed-forward layers.
    public let activation: Activation
    /// Epsilon of every norm.
    public let normEpsilon: Float
    /// Width of the projected state.
    public let projectionWidth: Int

    private enum Key: String, CodingKey {
        case hiddenSize = "hidden_size", intermediateSize = "intermediate_size"
        case numHiddenLayers = "num_hidden_layers", numAttentionHeads = "num_attention_heads"
        case numChannels = "num_channels", imageSize = "image_size", patchSize = "patch_size"
        case hiddenAct = "hidden_act", layerNormEps = "layer_norm_eps", projectionDim = "projection_dim"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        try self.init(from: decoder, file: "image_encoder/config.json")
    }

    /// `projectionWidth` in place of the field's where a model around the encoder has one of its own.
    init(from decoder: any Decoder, file: String, projectionWidth: Int? = nil) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let check = ConfigurationCheck(file: file)
        func read<T: Decodable>(_ key: Key, _ preset: T) throws -> T {
            try fields.decodeIfPresent(T.self, forKey: key) ?? preset
        }
        width = try read(.hiddenSize, 768)
        innerWidth = try read(.intermediateSize, 3072)
        layerCount = try read(.numHiddenLayers, 12)
        heads = try read(.numAttentionHeads, 12)
        imageSize = try read(.imageSize, 224)
        patchSize = try read(.patchSize, 32)
        normEpsilon = try read(.layerNormEps, 1e-5)
        self.projectionWidth = try projectionWidth ?? read(.projectionDim, 512)
        let channels = try read(.numChannels, 3)
        try check.support("num_channels", channels, "3", channels == 3)

        let name = try read(.hiddenAct, "quick_gelu")
        let activations: [String: Activation] = ["quick_gelu": .quickGELU, "gelu": .gelu]
        try check.support("hidden_act", name, "quick_gelu, gelu", activations[name] != nil)
        activation = activations[name] ?? .quickGELU

        for (field, size) in [
            ("hidden_size", width), ("intermediate_size", innerWidth), ("num_attention_heads", heads),
            ("projection_dim", self.projectionWidth),
        ] {
            try check.size(field, size)
        }
        try check.require("image_size", imageSize, "a number from 1 to 4096", (1...4096).contains(imageSize))
        try check.require(
            "patch_size", patchSize, "a number from 1 to image_size \(imageSize)", (1...imageSize).contains(patchSize))
        try check.count("num_hidden_layers", layerCount)
        try check.require("num_attention_heads", heads, "a divisor of hidden_size \(width)", width % heads == 0)
    }

    /// Patches of a picture, in rows and in all.
    var patchesPerSide: Int { imageSize / patchSize }

    /// Tokens of a picture: its patches and the class token.
    public var tokenCount: Int { patchesPerSide * patchesPerSide + 1 }

    /// The shape of every layer.
    var layer: CLIPLayer.Shape {
        CLIPLayer.Shape(
            width: width, innerWidth: innerWidth, heads: heads, normEpsilon: normEpsilon, activation: activation,
            isCausal: false)
    }
}
