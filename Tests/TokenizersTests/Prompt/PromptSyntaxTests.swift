import DaguerreTokenizers
import Testing

/// Texts after the web UI's wiki ("Features"), and what they are written again as.
@Suite struct PromptSyntaxTests {
    @Test(arguments: [
        ("a red apple, studio light", "a red apple, studio light"),
        ("", ""),
        ("  a  ", "a"),
        // Emphasis.
        ("an (old) barn", "an (old) barn"),
        ("an ((old)) barn", "an ((old)) barn"),
        ("an [old] barn", "an [old] barn"),
        ("an (old:1.5) barn", "an (old:1.5) barn"),
        ("an (old: +.5 ) barn", "an (old:+.5) barn"),
        ("(at 12:30:1.2)", "(at 12:30:1.2)"),
        ("(old:very)", "(old:very)"),
        ("(old:1.2.3)", "(old:1.2.3)"),
        // Brackets that mean themselves, and those that have no partner.
        (#"lily_\(flower\) \[x\] \\"#, #"lily_\(flower\) \[x\] \\"#),
        (#"a\b\"#, #"a\\b\\"#),
        ("a) b]", #"a\) b\]"#),
        ("a (b", "a (b)"),
        ("a [b (c", "a [b (c)]"),
        ("a (b:1.2", "a (b:1.2:1.1)"),
        ("a [b:3", "a (b:3:0.9090909090909091)"),
        ("(a [b) c] d", "(a [b])[ c] d"),
        ("[a (b] c) d", "[a (b)]( c) d"),
        ("()", "()"),
        // Edits.
        ("[spring:autumn:0.5] meadow", "[spring:autumn:0.5] meadow"),
        ("[autumn: 16 ] meadow", "[:autumn:16] meadow"),
        ("[spring::4] meadow", "[spring::4] meadow"),
        ("[a:[b:c:6]:3]", "[a:[b:c:6]:3]"),
        ("[(a:1.2):b:3]", "[(a:1.2):b:3]"),
        ("[a:b:c:3]", "[a:b:c:3]"),
        ("[a:b]", "[a:b]"),
        (#"[a\:b]"#, #"[a\:b]"#),
        // Alternations.
        ("[cow|horse|]", "[cow|horse|]"),
        ("[(a|b)|[c|d]]", "[(a|b)|[c|d]]"),
        ("[a|b:3]", "[a|b:3]"),
        // Parts.
        ("a cat AND a dog", "a cat AND a dog"),
        ("a cat :1.2 AND a dog:.5AND  a fish", "a cat :1.2 AND a dog:.5AND  a fish"),
        ("a cat :1.2 AND a dog: .5 AND a fish", "a cat :1.2 AND a dog :.5 AND a fish"),
        ("a cat AND a dog :.5 <lora:x:1>", "a cat AND a dog <lora:x:1.0> :.5"),
        ("AND", " AND "),
        ("a (b AND c) d", "a (b ) AND c\\) d"),
        ("sand AND_ BAND And and", "sand AND_ BAND And and"),
        ("at 12:30", "at 12:30"),
        // Chunks.
        ("a\n BREAK \tb", "a BREAK b"),
        ("(a BREAK b:1.2) BREAKS", "(a BREAK b:1.2) BREAKS"),
        // Networks, and tags that are none.
        ("a <lora:paper cut:0.8> b", "a <lora:paper cut:0.8> b"),
        ("<lora:x>", "<lora:x:1.0>"),
        ("<lora:x:0.5:1>", "<lora:x:0.5:1.0>"),
        ("<lyco:x:te=0.5:unet=1e-1>", "<lyco:x:0.5:0.1>"),
        ("<lora:x:unet=2>", "<lora:x:1.0:2.0>"),
        ("<lora:x AND y:1>", "<lora:x AND y:1.0>"),
        ("<heart:x> a<b <lora:", "<heart:x> a<b <lora:"),
        ("<lora:<lora:x:1>", "<lora:<lora:x:1.0>"),
    ])
    func aTextHasATree(text: String, written: String) throws {
        let tree = try PromptSyntax.parse(text)
        #expect(tree.description == written)
        #expect(try PromptSyntax.parse(written) == tree)
    }

    @Test func piecesAreWhatTheyLookLike() throws {
        let nodes = try #require(
            PromptSyntax.parse("a (b:1.3) [c] [d:e:0.5] [f|g] BREAK <lora:h:2>i").parts.first?.nodes)
        let number = { (text: String) in try PromptSyntax.parse("x :\(text) AND y").parts[0].weight }
        let factor = try #require(try number("1.3"))
        let when = try #require(try number("0.5"))
        guard case .network(let network) = nodes[9] else {
            Issue.record("\(nodes[9]) is not a network")
            return
        }
        #expect(
            nodes == [
                .text("a "), .emphasis([.text("b")], .factor(factor)), .text(" "), .emphasis([.text("c")], .less),
                .text(" "), .edit(from: [.text("d")], to: [.text("e")], when: when), .text(" "),
                .alternation([[.text("f")], [.text("g")]]), .chunkBreak, .network(network), .text("i"),
            ])
        #expect(network.name == "h" && network.kind == .lora && network.textWeight == 2 && network.unetWeight == 2)
    }

    @Test func partsHaveWeightsOnlyInCompany() throws {
        let parts = try PromptSyntax.parse("a :1.2 AND b AND (c):-.5").parts
        #expect(parts.map(\.weight?.value) == [1.2, nil, -0.5])
        #expect(try PromptSyntax.parse("a :1.2").parts.map(\.weight) == [nil])
        let alone = try PromptSyntax.parse("a :1.2 AND b <hypernet:c:1>", isNegative: true)
        #expect(alone.parts.map(\.nodes) == [[.text("a :1.2 AND b <hypernet:c:1>")]])
    }

    @Test func networksAreFoundEverywhere() throws {
        let tree = try PromptSyntax.parse("<lora:a:1> ([<lora:b:1>:<lora:c:1>:3]) AND [x|<lyco:d:1>]")
        #expect(tree.networks.map(\.name) == ["a", "b", "c", "d"])
        #expect(tree.networks.map(\.kind) == [.lora, .lora, .lora, .lyco])
    }

    @Test(arguments: [
        ("a <hypernet:anime:0.5>", "hypernetworks are not supported"),
        ("<lora:x:much>", "expected numbers after the name"),
        ("<lora:x:>", "expected numbers after the name"),
        ("<lora:x:1e999>", "expected numbers after the name"),
        ("<lora: :1>", "expected a name"),
        ("<lora:x:1:1:1>", "at most two weights"),
        ("<lora:x:dyn=4>", "te= and unet="),
        ("<lora:x:te=1:te=1>", "te= and unet="),
    ])
    func aTagThatCannotBeReadIsRefused(text: String, reason: String) {
        let error = #expect(throws: TokenizerError.self) { try PromptSyntax.parse(text) }
        let description = error?.description ?? ""
        #expect(description.contains(reason) && !description.contains("\n"), "\(description)")
    }

    @Test func aTreeIsNoDeeperThanItsLimit() throws {
        let depth = 100_000
        let round = try PromptSyntax.parse(
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth))
        #expect(
            round.description.utf8.count == 2 * PromptSyntax.maximumDepth + 1 + 4 * (depth - PromptSyntax.maximumDepth))
        #expect(try PromptSyntax.parse(round.description) == round)
        #expect(throws: TokenizerError.self) { try PromptSchedule(round.parts[0], steps: .init(count: 5)) }
    }

    /// Each takes minutes if anything in it takes time in proportion to the square of its length.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "(", "[", "([", "(a[", "a)", "[|", "[a:b:", "[a:", "\\", "<", "<lora:", "<lora:x", "AND", " AND ", " BREAK",
            "a BREAK",
            "()", "([)]", ":", "1", ":1", "(((((((((([[[[[[[[[[))))))))))]]]]]]]]]]", "(:1.1)", " ", "<lora:x:1>", "é",
        ])
    func aMegabyteIsReadAtOnce(piece: String) throws {
        let text = String(repeating: piece, count: (1 << 20) / piece.utf8.count)
        let tree = try PromptSyntax.parse(text)
        let written = tree.description
        #expect(try PromptSyntax.parse(written) == tree)
    }
}
