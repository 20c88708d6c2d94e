/// The byte-pair encoding of CLIP's text encoders, number for number that of transformers 5.23.0's `CLIPTokenizer`.
public struct CLIPTokenizer: Sendable {
    private static let wordEnd = "</w>"

    private let vocabulary: Vocabulary
    private let merger: BytePairMerger
    private let added: AddedTokens
    /// The token of each byte inside a word, and at its end.
    private let innerIDs, finalIDs: [UInt32]

    /// The numbers of the tokens that begin and end a text, fill it up, and stand for what is unknown.
    public let beginningID, endID, paddingID, unknownID: Int
    /// The number of tokens that the text encoder takes: 77.
    public let maximumLength: Int
    /// The largest number that ``encode(_:)`` can give; the text encoder's vocabulary must be larger.
    public let largestID: Int

    /// Reads the files of a `tokenizer` folder.
    ///
    /// - Parameters:
    ///   - vocabulary: `vocab.json`.
    ///   - merges: `merges.txt`.
    ///   - configuration: `tokenizer_config.json`, if there is one.
    ///   - specialTokens: `special_tokens_map.json`, if there is one.
    public init(
        vocabulary: [UInt8], merges: [UInt8], configuration: [UInt8]? = nil, specialTokens: [UInt8]? = nil
    ) throws(TokenizerError) {
        let vocabulary = try VocabularyText.parse(vocabulary, file: "vocab.json")
        try self.init(
            vocabulary, BytePairMerger(text: merges, file: "merges.txt", vocabulary: vocabulary),
            SpecialTokens(configuration: configuration, map: specialTokens, added: []), file: "vocab.json")
    }

    /// Reads the `tokenizer.json` that transformers 5 writes in place of `vocab.json` and `merges.txt`.
    ///
    /// - Parameters:
    ///   - tokenizer: `tokenizer.json`.
    ///   - configuration: `tokenizer_config.json`, if there is one.
    ///   - specialTokens: `special_tokens_map.json`, if there is one.
    public init(
        tokenizer: [UInt8], configuration: [UInt8]? = nil, specialTokens: [UInt8]? = nil
    ) throws(TokenizerError) {
        let file = try TokenizerFile(tokenizer)
        try self.init(
            file.vocabulary, file.merger,
            SpecialTokens(configuration: configuration, map: specialTokens, added: file.added),
            file: TokenizerFile.name)
    }

    private init(
        _ vocabulary: Vocabulary, _ merger: BytePairMerger, _ special: SpecialTokens, file: String
    ) throws(TokenizerError) {
        self.vocabulary = vocabulary
        self.merger = merger
        let unknown = vocabulary.id(of: special.unknown)
        func byteTokens(_ suffix: String) throws(TokenizerError) -> [UInt32] {
            var ids: [UInt32] = []
            for scalar in ByteAlphabet.scalars {
                let token = String(scalar) + suffix
                guard let id = vocabulary.id(of: token) ?? unknown else {
                    throw .missingToken(file: file, token: token)
                }
                ids.append(UInt32(id))
            }
            return ids
        }
        innerIDs = try byteTokens("")
        finalIDs = try byteTokens(Self.wordEnd)
        var ids: [String: Int] = [:]
        var next = vocabulary.count
        var definitions: [String: SpecialTokens.Definition] = [:]
        for definition in special.definitions where !definition.content.isEmpty {
            let id = vocabulary.id(of: definition.content) ?? ids[definition.content] ?? next
            next = max(next, id + 1)
            ids[definition.content] = id
            definitions[definition.content] = definition
        }
        added = AddedTokens(definitions.map { ($1, id: ids[$0] ?? 0) })
        func id(_ token: String) throws(TokenizerError) -> Int {
            guard let id = ids[token] else { throw .missingToken(file: "tokenizer_config.json", token: token) }
            return id
        }
        beginningID = try id(special.beginning)
        endID = try id(special.end)
        paddingID = try id(special.padding)
        unknownID = try id(special.unknown)
        maximumLength = special.maximumLength
        largestID = max(vocabulary.largestID, ids.values.max() ?? 0)
    }

    /// The numbers of the text's tokens, without those that begin and end it.
    public func encode(_ text: String) -> [Int] {
        var ids: [Int] = []
        added.forEachPiece(in: Array(text.unicodeScalars)) { piece in
            switch piece {
            case .token(let id): ids.append(id)
            case .text(let part):
                WordSplitter.forEachWord(in: part) { word in
                    ids += merger.merge(byteTokens(word)).map(Int.init)
                }
            }
        }
        return ids
    }

    private func byteTokens(_ word: ArraySlice<Unicode.Scalar>) -> [UInt32] {
        var ids: [UInt32] = []
        var last: UInt8 = 0
        for scalar in word {
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                ids.append(innerIDs[Int(byte)])
                last = byte
            }
        }
        if !ids.isEmpty { ids[ids.count - 1] = finalIDs[Int(last)] }
        return ids
    }

    /// The text's tokens between beginning and end, cut or filled up to `length`, or to ``maximumLength``.
    ///
    /// A text that is too long loses its last tokens; the end stays. A `length` below 2 is taken as 2.
    public func chunk(_ text: String, length: Int? = nil) -> TokenChunk {
        let length = max(2, length ?? maximumLength)
        let content = encode(text)
        let kept = content.prefix(length - 2)
        let dropped = content.dropFirst(kept.count)
        let padding = [Int](repeating: paddingID, count: length - 2 - kept.count)
        return TokenChunk(
            ids: [beginningID] + kept + [endID] + padding, contentCount: kept.count, droppedCount: dropped.count,
            droppedText: decode(Array(dropped)))
    }

    /// The text of tokens, in small letters, words set apart by spaces; numbers of no token are left out.
    public func decode(_ ids: [Int]) -> String {
        var bytes: [UInt8] = []
        for id in ids {
            if let token = added.tokens[id] {
                bytes += ByteAlphabet.bytes(of: token)
            } else if let token = vocabulary.token(id) {
                bytes += ByteAlphabet.bytes(of: String(decoding: token, as: UTF8.self))
            }
        }
        // By bytes: a mark after "</w>" would make one character with its last.
        let text = String(decoding: Self.spaced(bytes), as: UTF8.self)
        let isSpace = { (scalar: Unicode.Scalar) in
            scalar.properties.isWhitespace || 0x1c...0x1f ~= scalar.value
        }
        let scalars = text.unicodeScalars.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(String.UnicodeScalarView(scalars))
    }

    /// `bytes` with a space in place of each mark of a word's end.
    private static func spaced(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            result.append(byte)
            if byte == wordEnd.utf8.last, result.suffix(wordEnd.utf8.count).elementsEqual(wordEnd.utf8) {
                result.replaceSubrange((result.count - wordEnd.utf8.count)..., with: [UInt8(ascii: " ")])
            }
        }
        return result
    }
}
