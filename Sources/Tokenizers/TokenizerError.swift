/// Why a tokenizer could not be made of its files, or a prompt not be read; every description is one line.
public enum TokenizerError: Error, Hashable, CustomStringConvertible {
    /// A file does not hold what is expected there.
    case malformed(file: String, expected: String, found: String)
    /// A token that something refers to is not in the vocabulary.
    case missingToken(file: String, token: String)
    /// A setting that no CLIP tokenizer has.
    case unsupported(file: String, setting: String)
    /// A prompt asks for a kind of network that there is none of here.
    case unsupportedNetwork(tag: String)
    /// A prompt asks for a network in a way that cannot be read.
    case invalidNetwork(tag: String, expected: String)
    /// A prompt of more than `limit` bytes or chunks of tokens.
    case promptTooLong(found: Int, unit: String, limit: Int)
    /// An embedding of more vectors than one chunk of tokens holds.
    case embeddingTooLong(name: String, vectors: Int, limit: Int)

    /// One line for people.
    public var description: String {
        switch self {
        case .malformed(let file, let expected, let found): "\(file): expected \(expected), found \(found.excerpt)"
        case .missingToken(let file, let token): "\(file): \"\(token.excerpt)\" is not in the vocabulary"
        case .unsupported(let file, let setting): "\(file): \(setting.excerpt) is not supported by the CLIP tokenizer"
        case .unsupportedNetwork(let tag):
            "\(tag.excerpt) in the prompt: hypernetworks are not supported; leave it out, or use a LoRA: <lora:name:0.8>"
        case .invalidNetwork(let tag, let expected):
            "\(tag.excerpt) in the prompt: expected \(expected), as in <lora:name:0.8> or <lora:name:te=0.8:unet=0.5>"
        case .promptTooLong(let found, let unit, let limit):
            "the prompt has \(found) \(unit), expected at most \(limit)"
        case .embeddingTooLong(let name, let vectors, let limit):
            "the embedding \"\(name.excerpt)\" has \(vectors) vectors, expected at most the \(limit) that a chunk holds"
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
