/// Cuts normalised text into the pieces that byte pairs are merged in.
///
/// Source: transformers 5.23.0 `CLIPTokenizer`, the pattern
/// `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, then that of GPT-2,
/// which only takes the two literals apart again.
struct WordSplitter {
    private static let contractions: [[Unicode.Scalar]] = ["s", "t", "re", "ve", "m", "ll", "d"].map {
        Array($0.unicodeScalars)
    }
    private static let literals: [[Unicode.Scalar]] = ["startoftext", "endoftext"].map { Array($0.unicodeScalars) }

    /// Calls `body` with each piece in order.
    static func forEachWord(in text: ArraySlice<Unicode.Scalar>, _ body: (ArraySlice<Unicode.Scalar>) -> Void) {
        var i = text.startIndex
        while i < text.endIndex {
            let scalar = text[i]
            if scalar == "<", let word = literal(in: text, at: i) {
                body(text[i..<i + 2])
                body(text[i + 2..<i + 2 + word])
                body(text[i + 2 + word..<i + 4 + word])
                i += 4 + word
                continue
            }
            if scalar.isSpace {
                i += 1
                continue
            }
            var end = i + 1
            if scalar == "'", let contraction = contractions.first(where: { text[end...].starts(with: $0) }) {
                end += contraction.count
            } else if scalar.isLetter {
                while end < text.endIndex, text[end].isLetter { end += 1 }
            } else if !scalar.isNumber {
                while end < text.endIndex, !text[end].isSpace, !text[end].isLetter, !text[end].isNumber { end += 1 }
            }
            body(text[i..<end])
            i = end
        }
    }

    /// The length of the word in `<|word|>` at `start`, if it is one of the pattern's literals.
    private static func literal(in text: ArraySlice<Unicode.Scalar>, at start: Int) -> Int? {
        let rest = text[start...].dropFirst()
        guard rest.first == "|" else { return nil }
        return literals.first { rest.dropFirst().starts(with: $0 + ["|", ">"]) }?.count
    }
}
