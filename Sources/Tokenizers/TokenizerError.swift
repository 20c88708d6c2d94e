/// Why a tokenizer could not be made of its files; every description is one line.
public enum TokenizerError: Error, Hashable, CustomStringConvertible {
    /// A file does not hold what is expected there.
    case malformed(file: String, expected: String, found: String)
    /// A token that something refers to is not in the vocabulary.
    case missingToken(file: String, token: String)
    /// A setting that no CLIP tokenizer has.
    case unsupported(file: String, setting: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .malformed(let file, let expected, let found): "\(file): expected \(expected), found \(found.excerpt)"
        case .missingToken(let file, let token): "\(file): \"\(token.excerpt)\" is not in the vocabulary"
        case .unsupported(let file, let setting): "\(file): \(setting.excerpt) is not supported by the CLIP tokenizer"
        }
    }
}

extension String {
    /// The text on one line, control characters replaced, cut to at most 80 characters: fit for a message.
    fileprivate var excerpt: String {
        var result = ""
        for (i, scalar) in unicodeScalars.enumerated() {
            guard i < 80 else { return result + "…" }
            result.unicodeScalars.append(scalar.value < 0x20 || 0x7f..<0xa0 ~= scalar.value ? "\u{FFFD}" : scalar)
        }
        return result
    }
}
