import DaguerreTokenizers
import Testing

/// What holds for every text.
@Suite struct PromptPropertyTests {
    @Test(arguments: [UInt64(1), 2, 3, 4]) func aTreeIsWrittenAsATextThatHasTheSameTree(seed: UInt64) throws {
        for text in RandomPrompts(longest: 24, seed: seed).prefix(20000) {
            let tree = try PromptSyntax.parse(text)
            let again = try PromptSyntax.parse(tree.description)
            try #require(again == tree, "\(text.debugDescription) → \(tree.description.debugDescription)")
            try #require(again.description == tree.description)
        }
    }

    /// Round and square brackets do not know of each other, and those without a partner hold to the end.
    @Test(arguments: [UInt64(5), 6]) func aWordCountsAsItsOpenBracketsSay(seed: UInt64) throws {
        for text in RandomPrompts(["(", ")", "[", "]", "a", "b"], longest: 40, seed: seed).prefix(20000) {
            let tree = try PromptSyntax.parse(text)
            let read = try PromptSchedule(tree.parts[0], steps: .init(count: 1)).text(at: 1).characters
            var expected: [(Unicode.Scalar, Double)] = []
            var round = 0, square = 0
            for scalar in text.unicodeScalars {
                switch scalar {
                case "(": round += 1
                case "[": square += 1
                case ")" where round > 0: round -= 1
                case "]" where square > 0: square -= 1
                default:
                    var weight = 1.0
                    for _ in 0..<round { weight *= 1.1 }
                    for _ in 0..<square { weight /= 1.1 }
                    expected.append((scalar, weight))
                }
            }
            try #require(read.count == expected.count, "\(text)")
            for (read, expected) in zip(read, expected) {
                let (scalar, weight) = try #require(read)
                try #require(scalar == expected.0 && abs(weight - expected.1) < 1e-6 * expected.1, "\(text)")
            }
        }
    }

    /// No letter is lost or made up, whatever the brackets around it.
    @Test(arguments: [UInt64(7), 8]) func lettersStayAndKeepTheirOrder(seed: UInt64) throws {
        let pieces = ["(", ")", "[", "]", "x", "y", "é", ":1.3)", " BREAK ", "\\(", "\\]"]
        for text in RandomPrompts(pieces, longest: 30, seed: seed).prefix(20000) {
            let tree = try PromptSyntax.parse(text)
            let read = try PromptSchedule(tree.parts[0], steps: .init(count: 1)).text(at: 1).characters
            let isLetter = { (scalar: Unicode.Scalar) in "xyé".unicodeScalars.contains(scalar) }
            let (found, expected) = (read.compactMap { $0?.0 }.filter(isLetter), text.unicodeScalars.filter(isLetter))
            try #require(found == Array(expected), "\(text)")
        }
    }

    @Test(arguments: [UInt64(9), 10]) func aScheduleCoversItsStepsAndSaysWhatTheTreeSays(seed: UInt64) throws {
        for text in RandomPrompts(longest: 24, seed: seed).prefix(4000) {
            for part in try PromptSyntax.parse(text).parts {
                let segments = try PromptSchedule(part, steps: .init(count: 7)).segments
                try #require(segments.last?.lastStep == 7)
                try #require(
                    zip(segments, segments.dropFirst()).allSatisfy { $0.lastStep < $1.lastStep && $0.text != $1.text })
                try #require(segments.allSatisfy { $0.lastStep >= 1 })
                for syntax in [PromptText.Syntax.ignored, .literal] {
                    let plain = try PromptSchedule(part, steps: .init(count: 7), syntax: syntax)
                    for segment in plain.segments {
                        try #require(
                            segment.text.pieces.allSatisfy { if case .words(_, let w) = $0 { w == 1 } else { true } })
                    }
                }
            }
        }
    }

    @Test func aNumberInFrontOfABracketMultiplies() throws {
        for (inner, outer) in [(1.5, 0.5), (2.0, -1.0), (0.0, 3.0), (1.25, 1.25)] {
            let tree = try PromptSyntax.parse("((a:\(inner)):\(outer))")
            let text = try PromptSchedule(tree.parts[0], steps: .init(count: 1)).text(at: 1)
            #expect(text.pieces == [.words("a", weight: inner * outer)])
        }
        let large = try PromptSyntax.parse("(((a:900):900):-900)")
        #expect(
            try PromptSchedule(large.parts[0], steps: .init(count: 1)).text(at: 1).pieces == [
                .words("a", weight: -1000)
            ])
    }
}
