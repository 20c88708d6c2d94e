/// The names of embeddings as a tokenizer's numbers, to be found among the tokens of a prompt.
///
/// A name is found where its tokens follow each other, so capitals do not matter; of several the one of most tokens.
public struct EmbeddingNames: Sendable {
    /// The name of each run of tokens.
    private var names: [[Int]: String] = [:]
    /// How many tokens the names take that begin with a token, most first.
    private var lengths: [Int: [Int]] = [:]

    /// Tokenizes `names`; of names with the same tokens the first is kept, and one without tokens is never found.
    public init(_ names: some Sequence<String>, tokenizer: CLIPTokenizer) {
        for name in names {
            let ids = tokenizer.encode(name)
            guard let first = ids.first, self.names[ids] == nil else { continue }
            self.names[ids] = name
            if lengths[first]?.contains(ids.count) != true { lengths[first, default: []].append(ids.count) }
        }
        lengths = lengths.mapValues { $0.sorted(by: >) }
    }

    /// The longest name that `ids` begin with, and how many tokens it takes.
    func longestName(startingAt ids: ArraySlice<Int>) -> (name: String, tokenCount: Int)? {
        guard let first = ids.first, let lengths = lengths[first] else { return nil }
        for length in lengths where length <= ids.count {
            if let name = names[Array(ids.prefix(length))] { return (name, length) }
        }
        return nil
    }
}
