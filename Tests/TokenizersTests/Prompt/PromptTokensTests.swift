import DaguerreTokenizers
import Testing

/// Chunks of CLIP's own tokens, where every word below is one.
@Suite struct PromptTokensTests {
    private let sd1: CLIPTokenizer
    private let sd2: CLIPTokenizer

    init() throws {
        sd1 = try TokenizerFixture.tokenizer("sd1")
        sd2 = try TokenizerFixture.tokenizer("sd2")
    }

    private func tokens(
        _ text: String, _ tokenizer: CLIPTokenizer? = nil, length: Int = 77, names: [String] = [],
        vectors: [String: Int] = [:]
    ) throws -> [PromptChunk] {
        let text = try PromptSchedule(PromptSyntax.parse(text).parts[0], steps: .init(count: 1)).text(at: 1)
        let tokenizer = tokenizer ?? sd1
        return try PromptTokens(
            text, tokenizer: tokenizer, length: length, names: EmbeddingNames(names, tokenizer: tokenizer)
        ) { vectors[$0] ?? 1 }.chunks
    }

    private func words(_ count: Int, _ word: String = "cat") -> String {
        [String](repeating: word, count: count).joined(separator: " ")
    }

    private func content(_ chunk: PromptChunk) -> [Int] { Array(chunk.ids.dropFirst().prefix(chunk.contentCount)) }

    @Test(arguments: ["sd1", "sd2"]) func aPlainPromptHasTheTokensThatItHasWithoutSyntax(name: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(name)
        var count = 0
        for text in TokenizerFixture.texts {
            guard !text.unicodeScalars.contains(where: { "()[]<>\\".unicodeScalars.contains($0) }),
                tokenizer.encode(text).count <= 75,
                !text.contains("AND"), !text.contains("BREAK")
            else { continue }
            let chunks = try tokens(text, tokenizer)
            try #require(chunks.count == 1 && chunks[0].isPlain, "\(text.debugDescription)")
            try #require(chunks[0].ids == tokenizer.chunk(text).ids, "\(text.debugDescription)")
            count += 1
        }
        #expect(count > 500)
    }

    @Test func aChunkIsFilledUpWithThePaddingOfItsTokenizer() throws {
        let chunks = try [tokens("a cat"), tokens("a cat", sd2)].map { try #require($0.first) }
        #expect(chunks[0].ids == [49406, 320, 2368] + [Int](repeating: 49407, count: 74))
        #expect(chunks[1].ids == [49406, 320, 2368, 49407] + [Int](repeating: 0, count: 73))
        #expect(try tokens("").map(\.contentCount) == [0])
    }

    @Test func everyTokenHasTheWeightOfItsWord() throws {
        let chunk = try #require(try tokens("a (red:1.3) [cat] (((dog)))").first)
        let weights = chunk.weights.map { ($0 * 1000).rounded() / 1000 }
        #expect(weights == [1, 1, 1.3, 0.909, 1.331] + [Double](repeating: 1, count: 72))
        #expect(content(chunk) == sd1.encode("a red cat dog"))
    }

    @Test func aLongTextGoesOnInTheNextChunk() throws {
        #expect(try tokens(words(75)).map(\.contentCount) == [75])
        #expect(try tokens(words(76)).map(\.contentCount) == [75, 1])
        #expect(try tokens(words(200)).map(\.contentCount) == [75, 75, 50])
    }

    /// Fewer than 20 tokens behind the last comma move to the next chunk.
    @Test(arguments: [
        (55, 19, [56, 19 + 5]), (54, 20, [75, 5]), (73, 1, [74, 6]), (74, 0, [75, 5]), (75, 0, [75, 1 + 5]),
        (0, 74, [75, 5]),
    ])
    func wordsBehindACommaStayTogether(before: Int, after: Int, counts: [Int]) throws {
        let chunks = try tokens("\(words(before)), \(words(after)) \(words(5, "dog"))")
        #expect(chunks.map(\.contentCount) == counts)
        #expect(chunks.flatMap(content) == sd1.encode("\(words(before)), \(words(after)) \(words(5, "dog"))"))
    }

    @Test func aCommaInsideAnotherTokenHoldsNothingBack() throws {
        #expect(try tokens("\(words(60)),, \(words(30))").map(\.contentCount) == [75, 16])
    }

    @Test(arguments: [
        ("a BREAK b", [1, 1]), ("BREAK a", [0, 1]), ("a BREAK", [1]), ("a BREAK BREAK b", [1, 0, 1]), ("BREAK", [0]),
        ("(a BREAK b:1.2)", [1, 1]),
    ])
    func aBreakBeginsAChunk(text: String, counts: [Int]) throws {
        #expect(try tokens(text).map(\.contentCount) == counts)
    }

    @Test func aFullChunkBeforeABreakIsNoTwoChunks() throws {
        #expect(try tokens("\(words(75)) BREAK a").map(\.contentCount) == [75, 1])
    }

    @Test func theLongestNameIsTakenFirst() throws {
        let names = ["cat", "cat style", "style", "Cat Style 2"]
        let vectors = ["cat": 1, "cat style": 2, "style": 3, "Cat Style 2": 4]
        let chunk = try #require(
            try tokens("a (cat:1.5) style, CAT style2 cat styles cat style two x", names: names, vectors: vectors).first
        )
        // Texts of different weights are looked at apart.
        #expect(
            chunk.embeddings == [
                .init(name: "cat", positions: 2..<3), .init(name: "style", positions: 3..<6),
                .init(name: "Cat Style 2", positions: 7..<11), .init(name: "cat", positions: 11..<12),
                .init(name: "cat style", positions: 13..<15),
            ])
        #expect(chunk.weights[2] == 1.5 && chunk.weights.filter { $0 == 1 }.count == 76)
        for embedding in chunk.embeddings {
            #expect(chunk.ids[embedding.positions].allSatisfy { $0 == sd1.beginningID })
        }
        #expect(chunk.ids[1] == sd1.encode("a")[0] && chunk.contentCount == 16)
    }

    @Test func anEmbeddingIsNeverCutInTwo() throws {
        let vectors = ["tower": 10]
        let cut = try tokens("\(words(70)) tower cat", names: ["tower"], vectors: vectors)
        #expect(cut.map(\.contentCount) == [70, 11])
        #expect(cut[1].embeddings == [.init(name: "tower", positions: 1..<11)])
        let whole = try tokens("\(words(65)) tower cat", names: ["tower"], vectors: vectors)
        #expect(whole.map(\.contentCount) == [75, 1])
        // Behind a comma it moves with the words around it.
        let moved = try tokens("\(words(60)), \(words(4)) tower cat", names: ["tower"], vectors: vectors)
        #expect(moved.map(\.contentCount) == [61, 15])
        #expect(moved[1].embeddings == [.init(name: "tower", positions: 5..<15)])
        let largest = try tokens("cat, tower", names: ["tower"], vectors: ["tower": 75])
        #expect(largest.map(\.contentCount) == [2, 75])
        let error = #expect(throws: TokenizerError.self) {
            try tokens("a tower", names: ["tower"], vectors: ["tower": 76])
        }
        #expect(error?.description.contains("76 vectors, expected at most the 75") == true)
    }

    @Test func whatNoPromptNeedsIsRefused() throws {
        #expect(try tokens(words(64 * 75)).count == 64)
        let error = #expect(throws: TokenizerError.self) { try tokens(words(65 * 75 + 1)) }
        #expect(error?.description.contains("chunks of 75 tokens, expected at most 64") == true)
        #expect(throws: TokenizerError.self) { try tokens(words(100, "a BREAK")) }
    }

    /// Chunks joined are the tokens of the text's pieces, none lost, none twice, whatever the text.
    @Test(arguments: [UInt64(21), 22]) func tokensStayAndKeepTheirOrder(seed: UInt64) throws {
        let pieces = RandomPrompts.syntax + ["a red apple on a table", ", ", ",,", "house, garden", words(30)]
        for text in RandomPrompts(pieces, longest: 20, seed: seed).prefix(1500) {
            for part in try PromptSyntax.parse(text).parts {
                for segment in try PromptSchedule(part, steps: .init(count: 3)).segments {
                    let chunks = try PromptTokens(segment.text, tokenizer: sd1, length: 77).chunks
                    let expected = segment.text.pieces.flatMap { piece in
                        if case .words(let words, let weight) = piece {
                            sd1.encode(words).map { WeightedToken(id: $0, weight: weight) }
                        } else {
                            [] as [WeightedToken]
                        }
                    }
                    let found = chunks.flatMap { chunk in
                        zip(chunk.ids, chunk.weights).dropFirst().prefix(chunk.contentCount)
                            .map { WeightedToken(id: $0, weight: $1) }
                    }
                    try #require(found == expected, "\(text.debugDescription)")
                    try #require(
                        chunks.allSatisfy {
                            $0.ids.count == 77 && $0.weights.count == 77 && $0.ids[0] == 49406
                                && $0.ids[$0.contentCount + 1] == 49407
                        })
                }
            }
        }
    }

    private struct WeightedToken: Equatable {
        let id: Int
        let weight: Double
    }
}
