/// The parts of a `tokenizer.json` that are not the same for every CLIP tokenizer.
struct TokenizerFile {
    static let name = "tokenizer.json"

    let vocabulary: Vocabulary
    let merger: BytePairMerger
    /// In the order of their numbers.
    let added: [SpecialTokens.Definition]

    private struct Contents: Decodable {
        struct Model: Decodable {
            let type: String?
            let vocab: [String: Int]
            let merges: [Merge]
        }

        /// `"a b"`, as tokenizers wrote it up to 0.19, or `["a", "b"]`.
        struct Merge: Decodable {
            let first, second: String

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                let parts =
                    if let text = try? container.decode(String.self) {
                        text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
                    } else {
                        try container.decode([String].self)
                    }
                guard parts.count == 2 else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "a merge has two tokens")
                }
                (first, second) = (parts[0], parts[1])
            }
        }

        struct Added: Decodable {
            let id: Int
            let definition: SpecialTokens.Definition

            private enum CodingKeys: String, CodingKey { case id }

            init(from decoder: any Decoder) throws {
                id = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .id)
                definition = try SpecialTokens.Definition(from: decoder)
            }
        }

        let model: Model
        let added: [Added]?

        private enum CodingKeys: String, CodingKey {
            case model
            case added = "added_tokens"
        }
    }

    init(_ text: [UInt8]) throws(TokenizerError) {
        let contents = try decodeJSON(Contents.self, text, file: Self.name)
        guard contents.model.type ?? "BPE" == "BPE" else {
            throw .unsupported(file: Self.name, setting: "model type \(contents.model.type ?? "")")
        }
        var vocabulary = Vocabulary()
        for (token, id) in contents.model.vocab.sorted(by: { $0.value < $1.value }) {
            guard vocabulary.insert(Array(token.utf8)[...], id: id) else {
                throw .malformed(
                    file: Self.name, expected: "each number once, below \(Vocabulary.idLimit)",
                    found: "\"\(token)\" (\(id))")
            }
        }
        self.vocabulary = vocabulary
        merger = try BytePairMerger(
            contents.model.merges.map { (Array($0.first.utf8)[...], Array($0.second.utf8)[...]) },
            file: Self.name, vocabulary: vocabulary)
        added = (contents.added ?? []).sorted { $0.id < $1.id }.map(\.definition)
    }
}
