/// What came of binding an adapter to a model.
public struct AdapterReceipt: Equatable, Sendable, Codable {
    /// The file's base name.
    public let file: String
    /// SHA-256 of the whole file, 64 hexadecimal digits.
    public let digest: String
    /// Layers of each kind.
    public let kinds: [String: Int]
    /// All ranks that occur, rising.
    public let ranks: [Int]
    /// Layers that are changed, by component: `unet`, `text_encoder`, `text_encoder_2`.
    public let matched: [String: Int]
    /// Tensors that name no layer of the model or no parameter, sorted; they change nothing.
    public let unmatched: [String]
    /// The family that the trainer noted in the file, in its own words.
    public let family: String?
    /// Words that call what was learned, as the trainer noted them.
    public let triggerWords: [String]
    /// Names of embeddings that the file carries along.
    public let embeddings: [String]
}
