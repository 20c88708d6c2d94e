import DaguerreTokenizers
import Testing

/// What prompts say at which step, after the web UI's wiki ("Prompt editing", "Alternating words").
@Suite struct PromptScheduleTests {
    private func schedule(
        _ text: String, _ steps: PromptSchedule.Steps, syntax: PromptText.Syntax = .emphasis
    ) throws -> [String] {
        try PromptSchedule(PromptSyntax.parse(text).parts[0], steps: steps, syntax: syntax).segments
            .map { "\($0.lastStep) \($0.text)" }
    }

    @Test(arguments: [
        ("calm sea", ["10 calm sea"]),
        ("a [storm:3]", ["3 a ", "10 a storm"]),
        ("a [ storm : calm : 1] sea", ["1 a  storm  sea", "10 a  calm  sea"]),
        ("a [storm::4] sea", ["4 a storm sea", "10 a  sea"]),
        ("a [storm:.5] sea", ["5 a  sea", "10 a storm sea"]),
        ("a [storm:calm:0.25] sea", ["2 a storm sea", "10 a calm sea"]),
        ("[a:b:0]", ["10 b"]), ("[a:b:-3]", ["10 b"]), ("[a:b:0.0]", ["10 b"]),
        ("[a:b:10]", ["10 a"]), ("[a:b:99999999999999999999999]", ["10 a"]), ("[a:b:1.0]", ["10 a"]),
        ("[a:b:1.5]", ["10 a"]), ("[a:b:1]", ["1 a", "10 b"]),
        ("x[a:[b:c:6]:3]y", ["3 xay", "6 xby", "10 xcy"]),
        ("x[a:[b:c:2]:4]y", ["4 xay", "10 xcy"]),
        ("[[a:b:2]:c:4]", ["2 a", "4 b", "10 c"]),
        ("(a [b:c:5]:1.2)", ["5 (a b:1.2)", "10 (a c:1.2)"]),
        ("[a:(b:1.2):5]", ["5 a", "10 (b:1.2)"]),
        ("[old:young:5", ["10 (old:young:5:0.9091)"]),
    ])
    func anEditChangesThePrompt(text: String, expected: [String]) throws {
        #expect(try schedule(text, .init(count: 10)) == expected)
    }

    /// The longest example that the wiki has, with other words.
    @Test func editsOverlap() throws {
        let text =
            "sea with a [rock:reef:0.25] and [a gull:a whale:0.75][ up close::0.6][ at dusk:0.25] [rough:fine:0.5]"
        #expect(
            try schedule(text, .init(count: 100)) == [
                "25 sea with a rock and a gull up close rough", "50 sea with a reef and a gull up close at dusk rough",
                "60 sea with a reef and a gull up close at dusk fine", "75 sea with a reef and a gull at dusk fine",
                "100 sea with a reef and a whale at dusk fine",
            ])
    }

    @Test func anAlternationChangesThePromptAtEachStep() throws {
        #expect(
            try schedule("[cow|horse] in a field", .init(count: 3)) == [
                "1 cow in a field", "2 horse in a field", "3 cow in a field",
            ])
        #expect(try schedule("[fe|]male", .init(count: 3)) == ["1 female", "2 male", "3 female"])
        #expect(try schedule("[a|a|b]", .init(count: 6)) == ["2 a", "3 b", "5 a", "6 b"])
        #expect(try schedule("[a|[b|c]]", .init(count: 4)) == ["1 a", "2 c", "3 a", "4 c"])
        #expect(try schedule("[[a|b]:c:2]", .init(count: 4)) == ["1 a", "2 b", "4 c"])
    }

    @Test func aSecondPassHasTimesOfItsOwn() throws {
        let second = PromptSchedule.Steps(count: 10, afterFirstPassOf: 20)
        #expect(try schedule("[a:b:0.5]", second) == ["10 b"])
        #expect(try schedule("[a:b:1.5]", second) == ["5 a", "10 b"])
        #expect(try schedule("[a:b:15]", second) == ["10 b"])
        #expect(try schedule("[a:b:24]", second) == ["4 a", "10 b"])
        #expect(try schedule("[a:b:2.0]", second) == ["10 a"])
        #expect(try schedule("[a|b]", PromptSchedule.Steps(count: 2, afterFirstPassOf: 3)) == ["1 a", "2 b"])
    }

    @Test func bracketsMeanNothingWhereEmphasisIsOff() throws {
        let text = #"a (b [c]:1.3) \(d\) BREAK [e:f:1]"#
        #expect(
            try schedule(text, .init(count: 2), syntax: .ignored) == [
                "1 a b c (d) BREAK e", "2 a b c (d) BREAK f",
            ])
        let literal = try PromptSchedule(PromptSyntax.parse(text).parts[0], steps: .init(count: 2), syntax: .literal)
        #expect(
            literal.segments.map(\.text.pieces) == [
                [.words("a (b [c]:1.3) (d) BREAK e", weight: 1)], [.words("a (b [c]:1.3) (d) BREAK f", weight: 1)],
            ])
    }

    @Test func neighboursOfOneWeightAreOneText() throws {
        let text = try PromptSchedule(PromptSyntax.parse("(light)(house)[(x)] y").parts[0], steps: .init(count: 1))
            .text(at: 1)
        #expect(text.pieces == [.words("lighthouse", weight: 1.1), .words("x y", weight: 1)])
    }

    @Test func aPromptOfTooManyBytesHasNoSchedule() throws {
        let longest = try PromptSyntax.parse(String(repeating: "a", count: PromptSchedule.maximumByteCount))
        #expect(try PromptSchedule(longest.parts[0], steps: .init(count: 1)).segments.count == 1)
        let text = "[a|b]" + String(repeating: "a", count: PromptSchedule.maximumByteCount)
        let error = #expect(throws: TokenizerError.self) {
            try PromptSchedule(PromptSyntax.parse(text).parts[0], steps: .init(count: 1000))
        }
        #expect(error?.description == "the prompt has 65541 bytes, expected at most 65536")
    }
}
