import FoundationEssentials

/// What the tokenizer's configuration files say about special tokens and lengths.
///
/// Source: transformers 5.23.0 `PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__`.
struct SpecialTokens {
    /// A token that is found in the text itself.
    struct Definition: Decodable, Hashable {
        let content: String
        /// Whether it is looked for in the normalised text, so that capitals do not matter.
        let isNormalized: Bool

        init(content: String, isNormalized: Bool) {
            self.content = content
            self.isNormalized = isNormalized
        }

        private enum CodingKeys: String, CodingKey {
            case content, normalized, special
            case isSingleWord = "single_word"
        }

        /// Reads a plain text or an object as `AddedToken` is saved.
        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self.init(content: text, isNormalized: false)
                return
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            guard try container.decodeIfPresent(Bool.self, forKey: .isSingleWord) != true else {
                throw DecodingError.dataCorruptedError(
                    forKey: .isSingleWord, in: container, debugDescription: "false is all that is supported")
            }
            let isSpecial = try container.decodeIfPresent(Bool.self, forKey: .special) ?? false
            self.init(
                content: try container.decode(String.self, forKey: .content),
                isNormalized: try container.decodeIfPresent(Bool.self, forKey: .normalized) ?? !isSpecial)
        }
    }

    /// The special tokens in the order in which the reference adds them.
    private struct Named: Decodable {
        var beginning, end, unknown, separator, padding, classification, mask: Definition?

        private enum CodingKeys: String, CodingKey {
            case beginning = "bos_token"
            case end = "eos_token"
            case unknown = "unk_token"
            case separator = "sep_token"
            case padding = "pad_token"
            case classification = "cls_token"
            case mask = "mask_token"
        }

        var all: [Definition] {
            [beginning, end, unknown, separator, padding, classification, mask].compactMap { $0 }
        }

        /// The same with `other`'s tokens where it has any.
        func overridden(by other: Named) -> Named {
            Named(
                beginning: other.beginning ?? beginning, end: other.end ?? end, unknown: other.unknown ?? unknown,
                separator: other.separator ?? separator, padding: other.padding ?? padding,
                classification: other.classification ?? classification, mask: other.mask ?? mask)
        }
    }

    private struct Configuration: Decodable {
        let added: [String: Definition]?
        let maximumLength: Double?

        private enum CodingKeys: String, CodingKey {
            case added = "added_tokens_decoder"
            case maximumLength = "model_max_length"
        }
    }

    /// CLIP's context: what is taken where no file gives a length.
    static let defaultLength = 77
    /// Longer lengths mean that the file leaves it open.
    static let longestLength = 4096

    let beginning, end, unknown, padding: String
    /// All tokens to look for, in the order in which they get their numbers; later ones replace earlier ones.
    let definitions: [Definition]
    let maximumLength: Int

    /// - Parameters:
    ///   - configuration: `tokenizer_config.json`, if there is one.
    ///   - map: `special_tokens_map.json`, if there is one.
    ///   - added: the added tokens of `tokenizer.json`, in the order of their numbers.
    init(configuration: [UInt8]?, map: [UInt8]?, added: [Definition]) throws(TokenizerError) {
        let plain = { (text: String) in Definition(content: text, isNormalized: false) }
        var named = Named(
            beginning: plain("<|startoftext|>"), end: plain("<|endoftext|>"), unknown: plain("<|endoftext|>"),
            padding: plain("<|endoftext|>"))
        var added = added
        var length: Double?
        var replacesMap = false
        if let configuration {
            let file = "tokenizer_config.json"
            named = named.overridden(by: try decodeJSON(Named.self, configuration, file: file))
            let rest = try decodeJSON(Configuration.self, configuration, file: file)
            length = rest.maximumLength
            if let decoder = rest.added {
                let numbered = try decoder.map { (id, definition) throws(TokenizerError) in
                    guard let id = Int(id) else {
                        throw .malformed(file: file, expected: "numbers in added_tokens_decoder", found: id)
                    }
                    return (id, definition)
                }
                added = numbered.sorted { $0.0 < $1.0 }.map(\.1)
                replacesMap = true
            }
        }
        if let map, !replacesMap {
            named = named.overridden(by: try decodeJSON(Named.self, map, file: "special_tokens_map.json"))
        }
        let contents = Set(added.map(\.content))
        definitions = added + named.all.filter { !contents.contains($0.content) }
        beginning = named.beginning?.content ?? ""
        end = named.end?.content ?? ""
        unknown = named.unknown?.content ?? ""
        padding = named.padding?.content ?? ""
        let isGiven = length.map { $0 >= 2 && $0 <= Double(Self.longestLength) } ?? false
        maximumLength = isGiven ? Int(length ?? 0) : Self.defaultLength
    }
}

/// Decodes a JSON file, named for messages.
func decodeJSON<T: Decodable>(_ type: T.Type, _ text: [UInt8], file: String) throws(TokenizerError) -> T {
    do {
        return try JSONDecoder().decode(type, from: Data(text))
    } catch let DecodingError.keyNotFound(key, context) {
        throw .malformed(file: file, expected: "\"\(field(context.codingPath + [key]))\"", found: "none")
    } catch let DecodingError.typeMismatch(type, context) {
        throw .malformed(
            file: file, expected: "\(name(of: type)) under \"\(field(context.codingPath))\"", found: "another value")
    } catch let DecodingError.dataCorrupted(context) where !context.codingPath.isEmpty {
        throw .unsupported(file: file, setting: "\(field(context.codingPath)): \(context.debugDescription)")
    } catch {
        throw .malformed(file: file, expected: "valid JSON", found: "something else")
    }
}

private func name(of type: Any.Type) -> String {
    switch type {
    case is Bool.Type: "true or false"
    case is String.Type: "a text"
    case is Double.Type, is Int.Type: "a number"
    default: "\(type)".hasPrefix("Array<") ? "a list" : "an object"
    }
}

private func field(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
