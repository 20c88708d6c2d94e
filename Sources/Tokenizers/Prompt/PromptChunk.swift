/// As many tokens as a text encoder takes at once, with their weights.
public struct PromptChunk: Hashable, Sendable {
    /// Vectors that stand in place of tokens.
    public struct Embedding: Hashable, Sendable {
        /// What the prompt calls it.
        public let name: String
        /// The places in the chunk that its vectors take.
        public let positions: Range<Int>

        package init(name: String, positions: Range<Int>) {
            self.name = name
            self.positions = positions
        }
    }

    /// Beginning, words, end, padding; the beginning's number also where an embedding's vectors stand.
    public let ids: [Int]
    /// How much each of ``ids`` counts: 1 where it is not a word.
    public let weights: [Double]
    /// How many of ``ids`` are the text's.
    public let contentCount: Int
    /// In the order of their places.
    public let embeddings: [Embedding]

    /// Whether every token counts once.
    public var isPlain: Bool { weights.allSatisfy { $0 == 1 } }
}
