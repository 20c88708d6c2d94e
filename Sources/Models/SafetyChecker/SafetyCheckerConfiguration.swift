/// `safety_checker/config.json`: the shape of the vision encoder inside.
///
/// Source: diffusers 0.42.1 `StableDiffusionSafetyChecker`; transformers 5.23 `CLIPConfig`.
public struct SafetyCheckerConfiguration: Decodable, Equatable, Sendable {
    /// The encoder, with the projection that the checker has around it.
    public let vision: CLIPVisionConfiguration

    private enum Key: String, CodingKey {
        case vision = "vision_config", projectionWidth = "projection_dim"
    }

    /// Reads and checks every field.
    ///
    /// - Throws: `DecodingError` naming a field of the wrong type; ``ModelError`` naming one that cannot be built.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let width = try fields.decodeIfPresent(Int.self, forKey: .projectionWidth) ?? 512
        vision = try CLIPVisionConfiguration(
            from: fields.superDecoder(forKey: .vision), file: "safety_checker/config.json", projectionWidth: width)
    }

    /// That of an encoder whose weights are given without a configuration.
    public init(vision: CLIPVisionConfiguration) {
        self.vision = vision
    }
}
