/// Text as CLIP's vocabulary knows it: composed, white space as single spaces, in small letters.
///
/// Source: transformers 5.23.0 `CLIPTokenizer`: `NFC`, `Replace(\s+, " ")`, `Lowercase`.
enum TextNormalizer {
    static func normalize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for scalar in CanonicalComposition.compose(text) {
            if scalar.isSpace {
                if result.last != " " { result.append(" ") }
            } else if scalar.value < 0x80 {
                let isCapital = "A"..."Z" ~= scalar
                result.append(isCapital ? Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value | 0x20)) : scalar)
            } else if scalar == "\u{130}" {
                result += ["i", "\u{307}"]
            } else {
                result.append(UnicodeData.lowercase[scalar.value].flatMap(Unicode.Scalar.init) ?? scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether the reference's `\s` matches.
    var isSpace: Bool {
        value < 0x80 ? value == 0x20 || 0x09...0x0d ~= value : UnicodeData.spaces.contains(self)
    }

    /// Whether the reference's `\p{L}` matches.
    var isLetter: Bool {
        value < 0x80 ? "a"..."z" ~= self || "A"..."Z" ~= self : UnicodeData.letters.contains(self)
    }

    /// Whether the reference's `\p{N}` matches.
    var isNumber: Bool { value < 0x80 ? "0"..."9" ~= self : UnicodeData.numbers.contains(self) }
}
