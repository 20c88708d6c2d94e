/// A prompt's text as chunks of weighted tokens.
///
/// Texts of more tokens than a chunk holds go on in the next, as the web UI's wiki has it ("Infinite prompt length"): the
/// words behind the last comma of a full chunk move along if they are fewer than ``commaBacktrack`` tokens, so that a
/// phrase stays together; `BREAK` ends a chunk early; an embedding is never cut in two.
public struct PromptTokens: Hashable, Sendable {
    /// Tokens behind a comma that do not move to the next chunk any more.
    public static let commaBacktrack = 20
    /// Chunks that a prompt may have.
    public static let maximumChunkCount = 64

    /// At least one; all but the last are full or ended by a `BREAK`, a comma or an embedding.
    public let chunks: [PromptChunk]

    /// Cuts `text` into chunks.
    ///
    /// - Parameters:
    ///   - length: tokens of a chunk, its beginning and end included; at least 3.
    ///   - names: the embeddings that the text may name.
    ///   - vectorCount: how many tokens the embedding of a name stands for; asked only for names in the text.
    /// - Throws: ``TokenizerError/promptTooLong(found:unit:limit:)``;
    ///   ``TokenizerError/embeddingTooLong(name:vectors:limit:)``; what `vectorCount` throws.
    public init(
        _ text: PromptText, tokenizer: CLIPTokenizer, length: Int, names: EmbeddingNames? = nil,
        vectorCount: (String) throws -> Int = { _ in 1 }
    ) throws {
        var builder = ChunkBuilder(tokenizer: tokenizer, capacity: max(1, length - 2))
        for piece in text.pieces {
            guard case .words(let words, let weight) = piece else {
                builder.endChunk()
                continue
            }
            var ids = tokenizer.encode(words)[...]
            while let id = ids.first {
                if let (name, tokenCount) = names?.longestName(startingAt: ids) {
                    let count = try vectorCount(name)
                    guard count <= builder.capacity else {
                        throw TokenizerError.embeddingTooLong(name: name, vectors: count, limit: builder.capacity)
                    }
                    builder.append(.embedding(name, count), weight: weight)
                    ids = ids.dropFirst(tokenCount)
                } else {
                    builder.append(.token(id), weight: weight)
                    ids = ids.dropFirst()
                }
            }
            guard builder.chunks.count < Self.maximumChunkCount else {
                throw TokenizerError.promptTooLong(
                    found: builder.chunks.count + 1, unit: "chunks of \(builder.capacity) tokens",
                    limit: Self.maximumChunkCount)
            }
        }
        chunks = builder.finish()
    }
}

/// Fills chunks one after another.
private struct ChunkBuilder {
    enum Unit {
        case token(Int)
        /// A name and how many vectors it stands for.
        case embedding(String, Int)

        var count: Int { if case .embedding(_, let count) = self { count } else { 1 } }
    }

    let capacity: Int
    private(set) var chunks: [PromptChunk] = []

    private let tokenizer: CLIPTokenizer
    /// The token of a comma that stands alone; nil in a vocabulary that has none.
    private let comma: Int?
    private var units: [(unit: Unit, weight: Double)] = []
    private var count = 0

    init(tokenizer: CLIPTokenizer, capacity: Int) {
        self.tokenizer = tokenizer
        self.capacity = capacity
        let comma = tokenizer.encode(",")
        self.comma = comma.count == 1 && comma != [tokenizer.unknownID] ? comma[0] : nil
    }

    mutating func append(_ unit: Unit, weight: Double) {
        while count + unit.count > capacity {
            let isComma = if case .token(comma) = unit { true } else { false }
            let moved = count == capacity && !isComma ? unitsToMove : 0
            let tail = units.suffix(moved)
            units.removeLast(moved)
            endChunk()
            units = Array(tail)
            count = units.reduce(0) { $0 + $1.unit.count }
        }
        units.append((unit, weight))
        count += unit.count
    }

    /// How many units of the full chunk stand behind its last comma, if they are few enough to move.
    private var unitsToMove: Int {
        var tokenCount = 0
        for (offset, entry) in units.reversed().enumerated() {
            if case .token(comma) = entry.unit { return offset }
            tokenCount += entry.unit.count
            guard tokenCount < PromptTokens.commaBacktrack else { return 0 }
        }
        return 0
    }

    mutating func endChunk() {
        var ids = [tokenizer.beginningID]
        var weights = [1.0]
        var embeddings: [PromptChunk.Embedding] = []
        for (unit, weight) in units {
            switch unit {
            case .token(let id): ids.append(id)
            case .embedding(let name, let count):
                embeddings.append(.init(name: name, positions: ids.count..<ids.count + count))
                // Never the end's number, at whose place a text encoder reads the pooled state.
                ids += [Int](repeating: tokenizer.beginningID, count: count)
            }
            weights += [Double](repeating: weight, count: unit.count)
        }
        let contentCount = ids.count - 1
        ids.append(tokenizer.endID)
        ids += [Int](repeating: tokenizer.paddingID, count: capacity - contentCount)
        weights += [Double](repeating: 1, count: ids.count - weights.count)
        chunks.append(PromptChunk(ids: ids, weights: weights, contentCount: contentCount, embeddings: embeddings))
        units = []
        count = 0
    }

    mutating func finish() -> [PromptChunk] {
        if count > 0 || chunks.isEmpty { endChunk() }
        return chunks
    }
}
