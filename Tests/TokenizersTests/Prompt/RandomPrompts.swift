import DaguerreTokenizers

/// Prompts of random pieces, the same for the same seed.
struct RandomPrompts: IteratorProtocol, Sequence {
    private let pieces: [String]
    private let longest: Int
    private var state: UInt64

    /// Pieces that mean something somewhere.
    static let syntax = [
        "(", ")", "[", "]", ":", "|", "\\", " ", "a", "cat", ",", "1.2", "0.5", "3", "-1", ":1.3)", ":0.25]", "AND",
        " AND ",
        "BREAK", " BREAK ", "<lora:x:0.5>", "<lora:y:1:0.25>", "<x:", "<", ">", "é", "🙂", "\n", "\u{301}", "_", ".",
        "\\(", "\\)", "\\:", "::", "||",
    ]

    init(_ pieces: [String] = syntax, longest: Int, seed: UInt64) {
        self.pieces = pieces
        self.longest = longest
        state = seed
    }

    private mutating func draw(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(count))
    }

    mutating func next() -> String? {
        (0...draw(longest)).map { _ in pieces[draw(pieces.count)] }.joined()
    }
}

extension PromptText {
    /// Every character with its weight; nil ends a chunk.
    var characters: [(Unicode.Scalar, Double)?] {
        pieces.flatMap { piece in
            switch piece {
            case .words(let words, let weight): words.unicodeScalars.map { ($0, weight) }
            case .chunkBreak: [nil] as [(Unicode.Scalar, Double)?]
            }
        }
    }
}
