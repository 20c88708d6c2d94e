import DaguerreTokenizers
import Testing

/// Fixtures: scripts/fixtures/tokenizer.py, transformers 5.23.0, seed 20261123.
@Suite struct CLIPTokenizerTests {
    static let names = ["small", "small-5", "sd1", "sd2"]

    private func fixture(_ name: String) throws -> TokenizerFixture {
        try TokenizerFixture(name == "small-5" ? "small" : name)
    }

    @Test(arguments: names) func everyTextHasTheReferencesTokens(name: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(name)
        let fixture = try fixture(name)
        let texts = TokenizerFixture.texts
        #expect(texts.count >= 2000 && fixture.ids.count == texts.count)
        for (text, ids) in zip(texts, fixture.ids) {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
        }
        #expect(tokenizer.beginningID == fixture.beginning && tokenizer.endID == fixture.end)
        #expect(tokenizer.paddingID == fixture.padding && tokenizer.maximumLength == fixture.length)
        #expect(tokenizer.largestID == fixture.end)
    }

    @Test(arguments: names) func chunksAreCutAndFilledAsTheReferenceDoes(name: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(name)
        let fixture = try fixture(name)
        #expect(!fixture.chunks.isEmpty)
        for (index, ids) in fixture.chunks {
            let text = TokenizerFixture.texts[try #require(Int(index))]
            #expect(tokenizer.chunk(text).ids == ids, "\(text.debugDescription)")
        }
    }

    @Test(arguments: names) func tokensReadAsTheReferenceReadsThem(name: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(name)
        let fixture = try fixture(name)
        #expect(!fixture.decoded.isEmpty)
        for (index, text) in fixture.decoded {
            let ids = fixture.ids[try #require(Int(index))]
            let decoded = tokenizer.decode(ids)
            #expect(Array(decoded.unicodeScalars) == Array(text.unicodeScalars), "\(text.debugDescription)")
        }
    }

    @Test(arguments: names) func longTextsHaveTheReferencesTokens(name: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(name)
        for long in try fixture(name).long {
            let alphabet = Array(long.alphabet.unicodeScalars)
            var seed = long.count
            var text = String.UnicodeScalarView()
            for _ in 0..<long.count {
                seed = (seed * 1_103_515_245 + 12345) & 0x7fff_ffff
                text.append(alphabet[(seed >> 16) % alphabet.count])
            }
            let ids = tokenizer.encode(String(text))
            let checksum = ids.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            let digits = String(checksum, radix: 16)
            #expect(ids.count == long.tokens)
            #expect(String(repeating: "0", count: 16 - digits.count) + digits == long.checksum)
        }
    }

    @Test func aTextThatIsTooLongSaysWhatWasDropped() throws {
        let tokenizer = try TokenizerFixture.tokenizer("sd1")
        let chunk = tokenizer.chunk(String(repeating: "cat ", count: 75) + "a Purple DOG!")
        #expect(chunk.contentCount == 75 && chunk.droppedCount == 4)
        #expect(chunk.droppedText == "a purple dog !")
        #expect(chunk.ids.count == 77 && chunk.ids.last == tokenizer.endID)
        let short = tokenizer.chunk("cat", length: 5)
        #expect(short.ids == [49406, 2368, 49407, 49407, 49407] && short.droppedText.isEmpty)
        #expect(tokenizer.chunk("cat", length: -3).ids == [49406, 49407])
    }

    @Test func aMillionLettersWithoutASpaceTakeNoQuadraticTime() throws {
        let tokenizer = try TokenizerFixture.tokenizer("small")
        let word = String(repeating: "abracadabra", count: 1 << 20 / 11)
        var ids: [Int] = []
        let time = ContinuousClock().measure { ids = tokenizer.encode(word) }
        #expect(tokenizer.decode(ids) == word)
        // A debug build takes some seconds; a quadratic merge would take hours.
        #expect(time < .seconds(60))
    }

    @Test func tenThousandWordsAreOneChunkAndARemainder() throws {
        let tokenizer = try TokenizerFixture.tokenizer("sd1")
        let chunk = tokenizer.chunk(String(repeating: "cat ", count: 10_000))
        #expect(chunk.contentCount == 75 && chunk.droppedCount == 9_925)
        #expect(chunk.ids == [49406] + [Int](repeating: 2368, count: 75) + [49407])
    }
}
