/// What a prompt says, as a tree: parts to be combined, each of texts, emphasis, edits and alternations.
///
/// The syntax is that of AUTOMATIC1111's web UI as its wiki describes it ("Features": attention, prompt editing,
/// alternating words, composable diffusion, infinite prompt length). ``description`` writes the tree as a prompt again,
/// and that prompt has the same tree.
public struct PromptSyntax: Hashable, Sendable {
    /// Brackets open at once; one more is an ordinary character.
    public static let maximumDepth = 64

    /// What one part of an `AND` asks for.
    public struct Part: Hashable, Sendable {
        /// In the order of the text.
        public let nodes: [PromptNode]
        /// How much of the part to take, as written after it: `:1.2`; nil is 1.
        public let weight: PromptNumber?
    }

    /// The texts between the `AND`s: at least one.
    public let parts: [Part]

    /// Reads `text`; every text has a tree.
    ///
    /// Takes time in proportion to the length of the text. Brackets without a partner are taken as the web UI takes them:
    /// a closing one is a character, an opening one holds to the end. A part's weight is read only where there are
    /// several parts, so that "at 12:30" is a time of day.
    ///
    /// - Parameters:
    ///   - text: the prompt.
    ///   - isNegative: whether it says what to keep away from: then it has one part, and `AND` and `<lora:…>` are words.
    /// - Throws: ``TokenizerError/unsupportedNetwork(tag:)`` for `<hypernet:…>`; ``TokenizerError/invalidNetwork(tag:expected:)``
    ///   for a `<lora:…>` or `<lyco:…>` whose name or weights cannot be read.
    public static func parse(_ text: String, isNegative: Bool = false) throws(TokenizerError) -> PromptSyntax {
        var parser = PromptParser(hasOnePart: isNegative)
        var lexer = PromptLexer(text, hasNetworks: !isNegative)
        while let lexeme = try lexer.next() { parser.accept(lexeme) }
        return parser.finish()
    }

    init(parts: [Part]) {
        self.parts = parts
    }

    /// The networks that the prompt asks for, in the order of the text; an edit around one does not matter.
    public var networks: [PromptNetwork] { parts.flatMap { $0.nodes.flatMap(\.networks) } }
}

extension PromptSyntax: CustomStringConvertible {
    /// The tree as a prompt: brackets closed, spaces around `AND` and `BREAK`, numbers as they were written.
    public var description: String { parts.map(\.description).joined(separator: " AND ") }
}

extension PromptSyntax.Part: CustomStringConvertible {
    /// The part as it is written in a prompt.
    public var description: String { nodes.spelling + (weight.map { " :\($0)" } ?? "") }
}
