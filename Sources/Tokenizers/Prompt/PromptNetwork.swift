/// A network that a prompt asks for by name: `<lora:name>`, `<lora:name:0.8>`, `<lora:name:0.8:0.5>`,
/// `<lora:name:te=0.8:unet=0.5>`.
public struct PromptNetwork: Hashable, Sendable {
    /// What it is called in the prompt.
    public enum Kind: String, Hashable, Sendable {
        /// Low-rank adapters of any form.
        case lora
        /// The same, under the name of the LyCORIS project.
        case lyco
    }

    /// How it is asked for.
    public let kind: Kind
    /// The file's name without its suffix; a name to look up, never a path.
    public let name: String
    /// How much of it to apply to the text encoders and to the UNet; both finite.
    public let textWeight, unetWeight: Double

    /// Words before the first colon of a tag that are read here; tags with others are text.
    static let words: Set<String> = ["lora", "lyco", "hypernet"]

    /// Reads what is between `<` and `>`; `word` is one of ``words``, `arguments` what follows its colon.
    init(word: String, arguments: String) throws(TokenizerError) {
        let tag = "<\(word):\(arguments)>"
        guard let kind = Kind(rawValue: word) else { throw .unsupportedNetwork(tag: tag) }
        var positional: [Substring] = []
        var named: [Substring: Substring] = [:]
        for argument in arguments.split(separator: ":", omittingEmptySubsequences: false) {
            guard let sign = argument.firstIndex(of: "=") else {
                positional.append(argument)
                continue
            }
            let key = argument[..<sign]
            guard ["te", "unet"].contains(key),
                named.updateValue(argument[argument.index(after: sign)...], forKey: key) == nil
            else { throw .invalidNetwork(tag: tag, expected: "te= and unet= at most once, and no other argument") }
        }
        guard let name = positional.first, name.contains(where: { !$0.isWhitespace }), positional.count <= 3 else {
            throw .invalidNetwork(tag: tag, expected: "a name, then at most two weights")
        }
        func weight(_ text: Substring) throws(TokenizerError) -> Double {
            let isNumber = text.utf8.allSatisfy { 0x30...0x39 ~= $0 || "+-.eE".utf8.contains($0) }
            guard isNumber, let value = Double(text), value.isFinite else {
                throw .invalidNetwork(tag: tag, expected: "numbers after the name")
            }
            return value
        }
        let textSpelling = named["te"] ?? (positional.count > 1 ? positional[1] : "1")
        let unetSpelling = named["unet"] ?? (positional.count > 2 ? positional[2] : textSpelling)
        self.kind = kind
        self.name = String(name)
        textWeight = try weight(textSpelling)
        unetWeight = try weight(unetSpelling)
    }
}

extension PromptNetwork: CustomStringConvertible {
    /// The tag as it is written in a prompt.
    public var description: String {
        "<\(kind):\(name):\(textWeight)\(textWeight == unetWeight ? "" : ":\(unetWeight)")>"
    }
}
