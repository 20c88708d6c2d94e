/// One piece of a prompt's tree.
public indirect enum PromptNode: Hashable, Sendable {
    /// Words as they are written, with `\` before each bracket and each `\` that is meant literally.
    case text(String)
    /// Words that count more or less: `(…)`, `[…]`, `(…:1.3)`.
    case emphasis([PromptNode], PromptEmphasis)
    /// One text up to a time, another after it: `[from:to:when]`.
    case edit(from: [PromptNode], to: [PromptNode], when: PromptNumber)
    /// One text after the other, a step each, over and over: `[a|b|c]`.
    case alternation([[PromptNode]])
    /// What follows begins a new chunk of tokens: `BREAK`.
    case chunkBreak
    /// An adapter to apply: `<lora:name:0.8>`; no words.
    case network(PromptNetwork)

    /// The networks in this piece, in the order of the text.
    public var networks: [PromptNetwork] {
        switch self {
        case .text, .chunkBreak: []
        case .emphasis(let nodes, _): nodes.flatMap(\.networks)
        case .edit(let from, let to, _): (from + to).flatMap(\.networks)
        case .alternation(let options): options.flatMap { $0.flatMap(\.networks) }
        case .network(let network): [network]
        }
    }
}

/// How much words count.
public enum PromptEmphasis: Hashable, Sendable {
    /// `(…)`: 1.1 times as much.
    case more
    /// `[…]`: 1.1 times less.
    case less
    /// `(…:1.3)`: as many times as much.
    case factor(PromptNumber)

    /// The number that weights are multiplied by.
    public var factor: Double {
        switch self {
        case .more: 1.1
        case .less: 1 / 1.1
        case .factor(let number): number.value
        }
    }
}

extension PromptNode: CustomStringConvertible {
    /// The piece as it is written in a prompt.
    public var description: String {
        switch self {
        case .text(let text): text
        case .emphasis(let nodes, .more): "(\(nodes.spelling))"
        case .emphasis(let nodes, .less): "[\(nodes.spelling)]"
        case .emphasis(let nodes, .factor(let number)): "(\(nodes.spelling):\(number))"
        case .edit(let from, let to, let when): "[\(from.spelling):\(to.spelling):\(when)]"
        case .alternation(let options): "[\(options.map(\.spelling).joined(separator: "|"))]"
        case .chunkBreak: " BREAK "
        case .network(let network): network.description
        }
    }
}

extension [PromptNode] {
    /// The pieces as they are written in a prompt.
    var spelling: String { map(\.description).joined() }
}
