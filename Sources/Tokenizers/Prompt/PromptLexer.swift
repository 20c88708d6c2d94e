/// Cuts a prompt into what has a meaning, in one pass over its characters.
struct PromptLexer {
    enum Bracket {
        case round, square
    }

    enum Lexeme {
        /// Characters without a meaning, spelled so that they have none: see ``PromptNode/text(_:)``.
        case text(String)
        case open(Bracket), close(Bracket)
        case colon, bar, and, chunkBreak
        case network(PromptNetwork)
    }

    private let scalars: [Unicode.Scalar]
    private let hasNetworks: Bool
    private var position = 0
    /// The first `>` or `<` at or after `position`, where that was looked for.
    private var angle: Int?

    init(_ text: String, hasNetworks: Bool) {
        self.hasNetworks = hasNetworks
        scalars = Array(text.unicodeScalars)
    }

    /// The next lexeme, or nil at the end.
    mutating func next() throws(TokenizerError) -> Lexeme? {
        guard position < scalars.count else { return nil }
        if let lexeme = try symbol() { return lexeme }
        var text = String.UnicodeScalarView()
        repeat {
            appendCharacter(to: &text)
        } while position < scalars.count && !isSymbol
        return .text(String(text))
    }

    /// Whether what has a meaning may begin here; `symbol()` decides.
    private var isSymbol: Bool {
        switch scalars[position] {
        case "(", ")", "[", "]", ":", "|", "<": true
        case "A": isWord("AND")
        case "B": isWord("BREAK")
        default: false
        }
    }

    private mutating func symbol() throws(TokenizerError) -> Lexeme? {
        switch scalars[position] {
        case "(": take(1, .open(.round))
        case ")": take(1, .close(.round))
        case "[": take(1, .open(.square))
        case "]": take(1, .close(.square))
        case ":": take(1, .colon)
        case "|": take(1, .bar)
        case "A" where isWord("AND"): take(3, .and)
        case "B" where isWord("BREAK"): take(5, .chunkBreak)
        case "<" where hasNetworks: try network().map { .network($0) }
        default: nil
        }
    }

    private mutating func take(_ count: Int, _ lexeme: Lexeme) -> Lexeme {
        position += count
        return lexeme
    }

    /// Takes one character, or one with the `\` before it, and spells it without a meaning.
    private mutating func appendCharacter(to text: inout String.UnicodeScalarView) {
        let scalar = scalars[position]
        position += 1
        guard scalar == "\\" else { return text.append(scalar) }
        text.append("\\")
        let next = position < scalars.count ? scalars[position] : nil
        switch next {
        case "(", ")", "[", "]", "\\", ":", "|":
            // A colon or bar after a `\` keeps the `\`, and separates nothing.
            text.append(next ?? "\\")
            position += 1
        default:
            text.append("\\")
        }
    }

    /// Whether `word` stands here, and alone.
    private func isWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= scalars.count else { return false }
        let matches = word.withUTF8Buffer { zip($0, scalars[position...]).allSatisfy { UInt32($0) == $1.value } }
        guard matches, position == 0 || !scalars[position - 1].isWordCharacter else { return false }
        return position + count == scalars.count || !scalars[position + count].isWordCharacter
    }

    /// The tag that begins here, if it is one that has a meaning; the position is behind it then.
    private mutating func network() throws(TokenizerError) -> PromptNetwork? {
        var end = position + 1
        while end < scalars.count, end - position <= 8, "a"..."z" ~= scalars[end] { end += 1 }
        let word = String(String.UnicodeScalarView(scalars[position + 1..<end]))
        guard PromptNetwork.words.contains(word), end < scalars.count, scalars[end] == ":" else { return nil }
        let start = end + 1
        if angle.map({ $0 < start }) ?? true {
            angle = scalars[start...].firstIndex { $0 == ">" || $0 == "<" } ?? scalars.count
        }
        guard let close = angle, close > start, close < scalars.count, scalars[close] == ">" else { return nil }
        let network = try PromptNetwork(
            word: word, arguments: String(String.UnicodeScalarView(scalars[start..<close])))
        position = close + 1
        return network
    }
}

extension Unicode.Scalar {
    /// Letters, digits and the underscore.
    fileprivate var isWordCharacter: Bool {
        self == "_" || isLetter || isNumber
    }
}
