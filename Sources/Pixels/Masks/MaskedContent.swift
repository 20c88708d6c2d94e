/// What lies under a mask when drawing starts.
public enum MaskedContent: String, Codable, Hashable, Sendable, CaseIterable {
    /// The colours around it, run into each other.
    case fill
    /// The picture as it is.
    case original
    /// Noise in place of latents.
    case latentNoise = "latent-noise"
    /// Zeros in place of latents.
    case latentNothing = "latent-nothing"

    /// Reads a name as the web UI spells it (`latent noise`), or its number (`2`).
    public static func parse(_ text: String) throws(PixelsError) -> MaskedContent {
        let key = nameKey(text)
        let named = allCases.enumerated().first { nameKey($1.rawValue) == key || "\($0)" == key }
        guard let named else { throw .unknownMaskedContent(text) }
        return named.element
    }

    /// The name by which the web UI's files call it: `latent noise`.
    public var infotextName: String { String(rawValue.map { $0 == "-" ? " " : $0 }) }
}
