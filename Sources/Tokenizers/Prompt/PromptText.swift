/// What a prompt says at one step: words with their weights.
public struct PromptText: Hashable, Sendable {
    /// Weights beyond this many times are taken as this many.
    public static let largestWeight = 1000.0

    /// Words that count equally much, or the end of a chunk.
    public enum Piece: Hashable, Sendable {
        /// Words as the tokenizer takes them.
        case words(String, weight: Double)
        /// What follows begins a new chunk.
        case chunkBreak
    }

    /// What brackets around words mean.
    public enum Syntax: Hashable, Sendable {
        /// Words count more or less.
        case emphasis
        /// Nothing: they are left out.
        case ignored
        /// Nothing: they are characters like others, and `BREAK` is a word.
        case literal
    }

    /// In the order of the text; neighbours have different weights.
    public private(set) var pieces: [Piece] = []

    /// Reads `nodes` as they are at `step`, counted from 1.
    init(_ nodes: [PromptNode], at step: Int, of steps: PromptSchedule.Steps, syntax: Syntax) {
        var reader = Reader(step: step, steps: steps, syntax: syntax)
        reader.append(nodes, weight: 1)
        reader.flush()
        pieces = reader.pieces
    }

    /// A text whose words all count once.
    public init(_ words: String) {
        pieces = words.isEmpty ? [] : [.words(words, weight: 1)]
    }
}

extension PromptText: CustomStringConvertible {
    /// The words with their weights, as a prompt would have them: `a (cat:1.2) BREAK dog`.
    public var description: String {
        pieces.map { piece in
            switch piece {
            case .words(let words, weight: 1): words
            case .words(let words, let weight): "(\(words):\(weight.rounded(toPlaces: 4)))"
            case .chunkBreak: " BREAK "
            }
        }.joined()
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }
}

/// Goes through a tree at one step.
private struct Reader {
    let step: Int
    let steps: PromptSchedule.Steps
    let syntax: PromptText.Syntax
    var pieces: [PromptText.Piece] = []
    private var words = String.UnicodeScalarView()
    private var weight = 1.0

    init(step: Int, steps: PromptSchedule.Steps, syntax: PromptText.Syntax) {
        self.step = step
        self.steps = steps
        self.syntax = syntax
    }

    mutating func append(_ nodes: [PromptNode], weight: Double) {
        for node in nodes { append(node, weight: weight) }
    }

    private mutating func append(_ node: PromptNode, weight: Double) {
        switch node {
        case .text(let text): append(spelled: text, weight: weight)
        case .emphasis(let nodes, let emphasis): append(nodes, emphasis, weight: weight)
        case .edit(let from, let to, let when):
            append(step <= steps.last(before: when) ? from : to, weight: weight)
        case .alternation(let options): append(options[(step - 1) % options.count], weight: weight)
        case .chunkBreak where syntax == .literal: append(spelled: " BREAK ", weight: weight)
        case .chunkBreak:
            flush()
            pieces.append(.chunkBreak)
        case .network: break
        }
    }

    private mutating func append(_ nodes: [PromptNode], _ emphasis: PromptEmphasis, weight: Double) {
        switch syntax {
        case .ignored: append(nodes, weight: weight)
        case .emphasis:
            let largest = PromptText.largestWeight
            // Rounded, so that (a)[b] and the like end at the weight they begin with.
            append(nodes, weight: max(-largest, min(weight * emphasis.factor, largest)).rounded(toPlaces: 9))
        case .literal:
            let (open, close) =
                switch emphasis {
                case .more: ("(", ")")
                case .less: ("[", "]")
                case .factor(let number): ("(", ":\(number))")
                }
            append(scalars: open.unicodeScalars, weight: weight)
            append(nodes, weight: weight)
            append(scalars: close.unicodeScalars, weight: weight)
        }
    }

    /// Appends a text node's text without the `\` before brackets and before each `\`.
    private mutating func append(spelled text: String, weight: Double) {
        var scalars = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                if !"()[]\\".unicodeScalars.contains(scalar) { scalars.append("\\") }
                scalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                scalars.append(scalar)
            }
        }
        append(scalars: scalars, weight: weight)
    }

    private mutating func append(scalars: String.UnicodeScalarView, weight: Double) {
        if weight != self.weight { flush() }
        self.weight = weight
        words.append(contentsOf: scalars)
    }

    mutating func flush() {
        if !words.isEmpty { pieces.append(.words(String(words), weight: weight)) }
        words.removeAll()
    }
}
