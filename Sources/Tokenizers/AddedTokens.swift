/// Tokens that are found in the text itself, before it is cut into words.
///
/// Source: tokenizers 0.23.3 `AddedVocabulary`: first, in the text as written, the tokens that are not normalised,
/// then, in what is left and normalised, the others; of tokens that start at one place the longest is taken.
struct AddedTokens: Sendable {
    /// A piece of text, or a token that was found.
    enum Piece {
        case text(ArraySlice<Unicode.Scalar>)
        case token(Int)
    }

    private struct Entry: Sendable {
        let text: [Unicode.Scalar]
        let id: Int
    }

    /// Longest first, by their first character.
    private var written: [Unicode.Scalar: [Entry]] = [:]
    private var normalized: [Unicode.Scalar: [Entry]] = [:]
    private(set) var tokens: [Int: String] = [:]

    /// Keeps each definition's token under its number.
    init(_ definitions: [(SpecialTokens.Definition, id: Int)]) {
        for (definition, id) in definitions {
            tokens[id] = definition.content
            let scalars = Array(definition.content.unicodeScalars)
            let text = definition.isNormalized ? TextNormalizer.normalize(scalars) : scalars
            guard let first = text.first else { continue }
            if definition.isNormalized {
                normalized[first, default: []].append(Entry(text: text, id: id))
            } else {
                written[first, default: []].append(Entry(text: text, id: id))
            }
        }
        written = written.mapValues { $0.sorted { $0.text.count > $1.text.count } }
        normalized = normalized.mapValues { $0.sorted { $0.text.count > $1.text.count } }
    }

    /// Calls `body` with the tokens in `text` and the normalised text between them, in order.
    func forEachPiece(in text: [Unicode.Scalar], _ body: (Piece) -> Void) {
        Self.split(text[...], by: written) { piece in
            switch piece {
            case .token: body(piece)
            case .text(let part): Self.split(TextNormalizer.normalize(Array(part))[...], by: normalized, body)
            }
        }
    }

    private static func split(
        _ text: ArraySlice<Unicode.Scalar>, by entries: [Unicode.Scalar: [Entry]], _ body: (Piece) -> Void
    ) {
        var start = text.startIndex
        var i = start
        while i < text.endIndex {
            guard let entry = entries[text[i]]?.first(where: { text[i...].starts(with: $0.text) }) else {
                i += 1
                continue
            }
            if start < i { body(.text(text[start..<i])) }
            body(.token(entry.id))
            i += entry.text.count
            start = i
        }
        if start < text.endIndex { body(.text(text[start...])) }
    }
}
