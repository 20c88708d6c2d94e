/// A prompt's tokens as the text encoder takes them: beginning, words, end, padding.
public struct TokenChunk: Hashable, Sendable {
    /// As many numbers as were asked for.
    public let ids: [Int]
    /// How many of ``ids`` are the text's: without beginning, end and padding.
    public let contentCount: Int
    /// How many of the text's tokens did not fit.
    public let droppedCount: Int
    /// The text of the tokens that did not fit, in small letters; empty if all did.
    public let droppedText: String
}
