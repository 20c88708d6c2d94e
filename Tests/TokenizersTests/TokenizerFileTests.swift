import DaguerreTokenizers
import Testing

@Suite struct TokenizerFileTests {
    /// A vocabulary of all bytes, `ab</w>`, and the special tokens.
    private static let vocabulary: String = {
        let printable = [UInt32](0x21...0x7e) + [UInt32](0xa1...0xac) + [UInt32](0xae...0xff)
        let bytes = (printable + [UInt32](0x100..<0x144)).compactMap(Unicode.Scalar.init).map(String.init)
        let tokens = bytes + bytes.map { $0 + "</w>" } + ["ab</w>", "<|startoftext|>", "<|endoftext|>"]
        let members = tokens.enumerated().map { id, token in
            "\"" + token.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\":\(id)"
        }
        return "{" + members.joined(separator: ",") + "}"
    }()

    private func tokenizer(
        _ vocabulary: String = Self.vocabulary, merges: String = "#version: 0.2\na b</w>\n",
        configuration: String? = nil, map: String? = nil
    ) throws(TokenizerError) -> CLIPTokenizer {
        try CLIPTokenizer(
            vocabulary: Array(vocabulary.utf8), merges: Array(merges.utf8),
            configuration: configuration.map { Array($0.utf8) }, specialTokens: map.map { Array($0.utf8) })
    }

    @Test func theSmallestTokenizerMergesItsOnePair() throws {
        #expect(try tokenizer().encode("ab AB xab") == [512, 512, 87, 512])
        #expect(try tokenizer(merges: "#version: 0.2\r\na b</w>\r\n").encode("ab") == [512])
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "null", "{\"a\":}", "{\"a\":1", "{\"a\":1}x", "{\"a\":1,}", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"b\":1}",
        "{\"a\":-1}", "{\"a\":1.5}", "{\"a\":1e3}", "{\"a\":01}", "{\"a\":\"1\"}", "{\"a\":99999999999999999999}",
        "{\"a\":99999999}", "{\"\\ud800\":1}", "{\"\\u12\":1}", "{\"\\x\":1}", "{\"a\u{1}\":1}", "{\"a\\", "{\"a",
        "{1:1}",
    ])
    func aVocabularyOfAnotherFormIsRefused(text: String) {
        #expect(throws: TokenizerError.self) { try tokenizer(text) }
    }

    @Test func aVocabularyCutShortAnywhereIsRefused() {
        let text = Array("{\"\\u00e9\\ud83c\\udf4e\": 12, \"b\" : 3 }".utf8)
        for count in 0..<text.count {
            #expect(throws: TokenizerError.self) {
                try CLIPTokenizer(vocabulary: Array(text[..<count]), merges: [])
            }
        }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: TokenizerError.self) {
            try CLIPTokenizer(vocabulary: Array("{\"".utf8) + [0xff] + Array("\":1}".utf8), merges: [])
        }
    }

    @Test func aMergeOfUnknownTokensIsNamed() {
        #expect(throws: TokenizerError.missingToken(file: "merges.txt", token: "abc")) {
            try tokenizer(merges: "a b</w>\nabc d")
        }
        #expect(
            throws: TokenizerError.malformed(file: "merges.txt", expected: "two tokens in each line", found: "a b c")
        ) {
            try tokenizer(merges: "a b c")
        }
    }

    @Test func aSettingOfAnotherTypeIsNamed() {
        #expect(
            throws: TokenizerError.malformed(
                file: "tokenizer_config.json", expected: "an object under \"bos_token\"", found: "another value")
        ) {
            try tokenizer(merges: "a b</w>", configuration: #"{"bos_token": 3}"#)
        }
    }

    @Test func aVocabularyWithoutAByteUsesTheUnknownToken() throws {
        let without = Self.vocabulary.replacing("\"z\":", with: "\"zz\":")
        let tokenizer = try tokenizer(without)
        #expect(tokenizer.encode("zaz") == [514, 64, 345])
        #expect(throws: TokenizerError.missingToken(file: "vocab.json", token: "z")) {
            try self.tokenizer(without, configuration: #"{"unk_token": "nothing"}"#)
        }
    }

    @Test func specialTokensOutsideTheVocabularyGetTheNextNumbers() throws {
        let tokenizer = try tokenizer(configuration: #"{"pad_token": "<pad>", "model_max_length": 8}"#)
        #expect(tokenizer.paddingID == 515 && tokenizer.largestID == 515)
        #expect(tokenizer.chunk("ab<pad>").ids == [513, 512, 515, 514, 515, 515, 515, 515])
    }

    @Test func theSpecialTokensMapCountsUnlessTheConfigurationListsAddedTokens() throws {
        let map = #"{"pad_token": "!"}"#
        #expect(try tokenizer(configuration: "{}", map: map).paddingID == 0)
        let added = #"{"added_tokens_decoder": {"514": {"content": "<|endoftext|>", "normalized": true}}}"#
        let listed = try tokenizer(configuration: added, map: map)
        #expect(listed.paddingID == 514)
        #expect(listed.encode("<|ENDOFTEXT|>") == [514])
    }

    @Test(arguments: [1e30, 0, -1, 1.0]) func anOpenLengthIsCLIPs(length: Double) throws {
        #expect(try tokenizer(configuration: "{\"model_max_length\": \(length)}").maximumLength == 77)
    }

    @Test func aConfigurationOfAnotherFormIsRefused() {
        for text in ["", "[]", #"{"bos_token": 3}"#, #"{"bos_token": {"lstrip": true}}"#, #"{"bos_token": ""}"#] {
            #expect(throws: TokenizerError.self, "\(text)") { try tokenizer(configuration: text) }
        }
        #expect(throws: TokenizerError.self) {
            try tokenizer(configuration: #"{"bos_token": {"content": "x", "single_word": true}}"#)
        }
    }

    @Test func aTokenizerFileOfAnotherFormIsRefused() {
        for text in [
            "", "{}", #"{"model": {"type": "WordPiece", "vocab": {}, "merges": []}}"#,
            #"{"model": {"vocab": {"a": -1}, "merges": []}}"#, #"{"model": {"vocab": {"a": 1}, "merges": ["a"]}}"#,
            #"{"model": {"vocab": {"a": 1, "b": 1}, "merges": []}}"#,
        ] {
            #expect(throws: TokenizerError.self, "\(text)") { try CLIPTokenizer(tokenizer: Array(text.utf8)) }
        }
    }

    @Test func anErrorIsOneLine() {
        let error = TokenizerError.missingToken(file: "vocab.json", token: "a\nb" + String(repeating: "x", count: 500))
        #expect(!error.description.contains("\n") && error.description.count < 200)
    }
}
