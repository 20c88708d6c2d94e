/// Builds a prompt's tree of its lexemes, with a stack of open brackets in place of recursion.
///
/// A bracket that another kind's bracket closes over, as in `(a [b) c]`, is closed and opened again behind it, so that
/// each word counts as if the two kinds did not know of each other. A bracket that is not closed in its place separates
/// nothing: it only changes how much its words count.
struct PromptParser {
    /// What an open bracket holds so far.
    private struct Frame {
        enum Item {
            case node(PromptNode)
            case colon, bar
        }

        let bracket: PromptLexer.Bracket
        /// Whether it was closed and opened again by a bracket of the other kind.
        var isReopened = false
        var items: [Item] = []
    }

    private let hasOnePart: Bool
    private var parts: [PromptSyntax.Part] = []
    /// What lies outside of all brackets is in the first frame.
    private var frames = [Frame(bracket: .round)]
    /// Opening brackets that were taken as characters since the stack was full.
    private var overflow: [PromptLexer.Bracket: Int] = [:]
    /// Whether spaces are left out: behind `BREAK`.
    private var skipsSpaces = false

    init(hasOnePart: Bool) {
        self.hasOnePart = hasOnePart
    }

    mutating func accept(_ lexeme: PromptLexer.Lexeme) {
        switch lexeme {
        case .text(let text): append(text: text)
        case .open(let bracket): open(bracket)
        case .close(let bracket): close(bracket)
        case .colon: append(.colon)
        case .bar: append(.bar)
        case .and where hasOnePart: append(text: "AND")
        case .and: finishPart(isOneOfSeveral: true)
        case .chunkBreak: appendBreak()
        case .network(let network): append(.node(.network(network)))
        }
    }

    mutating func finish() -> PromptSyntax {
        finishPart(isOneOfSeveral: !parts.isEmpty)
        return PromptSyntax(parts: parts)
    }

    // MARK: Pieces

    private mutating func append(_ item: Frame.Item) {
        skipsSpaces = false
        frames[frames.count - 1].items.append(item)
    }

    private mutating func append(text: String) {
        let text = skipsSpaces ? text.droppingSpaces(atStart: true, atEnd: false) : text
        guard !text.isEmpty else { return }
        append(.node(.text(text)))
    }

    private mutating func appendBreak() {
        let last = frames.count - 1
        while case .node(.text(let text)) = frames[last].items.last {
            frames[last].items.removeLast()
            let rest = text.droppingSpaces(atStart: false, atEnd: true)
            guard rest.isEmpty else {
                frames[last].items.append(.node(.text(rest)))
                break
            }
        }
        append(.node(.chunkBreak))
        skipsSpaces = true
    }

    // MARK: Brackets

    private mutating func open(_ bracket: PromptLexer.Bracket) {
        guard frames.count <= PromptSyntax.maximumDepth else {
            overflow[bracket, default: 0] += 1
            return append(text: bracket == .round ? "\\(" : "\\[")
        }
        skipsSpaces = false
        frames.append(Frame(bracket: bracket))
    }

    private mutating func close(_ bracket: PromptLexer.Bracket) {
        let isOverflow = overflow[bracket, default: 0] > 0
        guard !isOverflow, let index = frames.indices.dropFirst().last(where: { frames[$0].bracket == bracket }) else {
            if isOverflow { overflow[bracket, default: 0] -= 1 }
            return append(text: bracket == .round ? "\\)" : "\\]")
        }
        skipsSpaces = false
        let reopened = frames[(index + 1)...].map { Frame(bracket: $0.bracket, isReopened: true) }
        while frames.count > index + 1 { closeLast(isInPlace: false) }
        closeLast(isInPlace: reopened.isEmpty)
        frames += reopened
    }

    /// Replaces the innermost open bracket by its node.
    private mutating func closeLast(isInPlace: Bool) {
        let frame = frames.removeLast()
        guard !frame.items.isEmpty || !frame.isReopened else { return }
        let meaning = frame.bracket == .round ? Self.round(frame.items) : Self.square(frame.items)
        let literal = Self.literal(frame.items)
        let node: PromptNode =
            switch (meaning, isInPlace && !frame.isReopened) {
            case (let node?, true): node
            // Written in its own bracket, the text would have a meaning; with a number it has none.
            case (_?, false):
                .emphasis(literal, .factor(PromptNumber(frame.bracket == .round ? 1.1 : 1 / 1.1)))
            case (nil, _): .emphasis(literal, frame.bracket == .round ? .more : .less)
            }
        frames[frames.count - 1].items.append(.node(node))
    }

    private mutating func finishPart(isOneOfSeveral: Bool) {
        skipsSpaces = false
        overflow = [:]
        var weight: PromptNumber?
        if isOneOfSeveral, let items = frames.last?.items {
            // The web UI takes networks out before it reads the weight, which may so stand before them.
            let end = (items.lastIndex { !Self.isAside($0) } ?? -1) + 1
            if let weighted = Self.trailingNumber(Array(items[..<end])) {
                weight = weighted.number
                frames[frames.count - 1].items = Array(weighted.rest) + Array(items[end...])
            }
        }
        while frames.count > 1 { closeLast(isInPlace: false) }
        parts.append(PromptSyntax.Part(nodes: Self.trimmed(Self.literal(frames[0].items)), weight: weight))
        frames[0].items = []
    }

    /// Whether `item` is a network, or the space beside one.
    private static func isAside(_ item: Frame.Item) -> Bool {
        switch item {
        case .node(.network): true
        case .node(.text(let text)): text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        default: false
        }
    }

    // MARK: What brackets mean

    /// `(…:1.3)`, or nil where there is no number.
    private static func round(_ items: [Frame.Item]) -> PromptNode? {
        trailingNumber(items).map { .emphasis(literal($0.rest), .factor($0.number)) }
    }

    /// `[a|b]`, `[from:to:when]` or `[to:when]`; nil where it is none of them.
    private static func square(_ items: [Frame.Item]) -> PromptNode? {
        let bars = items.count { if case .bar = $0 { true } else { false } }
        let colons = items.count { if case .colon = $0 { true } else { false } }
        if bars > 0 {
            guard colons == 0 else { return nil }
            let options = items.split(omittingEmptySubsequences: false) { if case .bar = $0 { true } else { false } }
            return .alternation(options.map(literal))
        }
        guard colons <= 2, let (when, rest) = trailingNumber(items) else { return nil }
        let texts = rest.split(omittingEmptySubsequences: false) { if case .colon = $0 { true } else { false } }
        return .edit(from: texts.count > 1 ? literal(texts[0]) : [], to: literal(texts[texts.count - 1]), when: when)
    }

    /// The number after the last colon, if there is nothing else after it, and what is before the colon.
    private static func trailingNumber(
        _ items: [Frame.Item]
    ) -> (number: PromptNumber, rest: ArraySlice<Frame.Item>)? {
        guard case .node(.text(let text)) = items.last, case .colon = items.dropLast().last,
            let number = PromptNumber(text)
        else { return nil }
        return (number, items.dropLast(2))
    }

    /// The items as nodes, where separators separate nothing: texts side by side become one.
    private static func literal(_ items: some Sequence<Frame.Item>) -> [PromptNode] {
        var nodes: [PromptNode] = []
        var text = ""
        func flush() {
            if !text.isEmpty { nodes.append(.text(text)) }
            text = ""
        }
        for item in items {
            switch item {
            case .colon: text += ":"
            case .bar: text += "|"
            case .node(.text(let part)): text += part
            case .node(let node):
                flush()
                nodes.append(node)
            }
        }
        flush()
        return nodes
    }

    /// The nodes without spaces at either end.
    private static func trimmed(_ nodes: [PromptNode]) -> [PromptNode] {
        var nodes = nodes
        if case .text(let text) = nodes.first {
            nodes[0] = .text(text.droppingSpaces(atStart: true, atEnd: false))
        }
        if case .text(let text) = nodes.last {
            nodes[nodes.count - 1] = .text(text.droppingSpaces(atStart: false, atEnd: true))
        }
        return nodes.filter { $0 != .text("") }
    }
}

extension String {
    /// The text without the white space at its start or end.
    fileprivate func droppingSpaces(atStart: Bool, atEnd: Bool) -> String {
        var scalars = unicodeScalars[...]
        if atStart { scalars = scalars.drop { $0.properties.isWhitespace } }
        while atEnd, scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }
}
