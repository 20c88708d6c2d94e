import DaguerreTokenizers
import FoundationEssentials

/// Texts and the numbers that transformers 5.23.0 gives them; written by scripts/fixtures/tokenizer.py.
struct TokenizerFixture: Decodable {
    struct Long: Decodable {
        let alphabet: String
        let count: Int
        let tokens: Int
        let checksum: String
    }

    let beginning, end, padding, length: Int
    let ids: [[Int]]
    let chunks: [String: [Int]]
    let decoded: [String: String]
    let long: [Long]

    init(_ name: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(Self.bytes("\(name).json")))
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        var folder = #filePath.split(separator: "/").dropLast(2).map(String.init)
        folder += ["Fixtures", "tokenizer", path]
        return try Array(Data(contentsOf: URL(filePath: "/" + folder.joined(separator: "/"))))
    }

    static let texts: [String] = {
        let bytes = try? Self.bytes("texts.json")
        return (try? JSONDecoder().decode([String].self, from: Data(bytes ?? []))) ?? []
    }()

    /// The tokenizer that fixture `name` was made with.
    static func tokenizer(_ name: String) throws -> CLIPTokenizer {
        let tokenizer =
            switch name {
            case "small": small
            case "small-5": small5
            case "sd1": sd1
            default: sd2
            }
        return try tokenizer.get()
    }

    // Made once: the whole vocabulary takes a while in a debug build.
    private static let small = Result { try make("small") }
    private static let small5 = Result { try make("small-5") }
    private static let sd1 = Result { try make("sd1") }
    private static let sd2 = Result { try make("sd2") }

    private static func make(_ name: String) throws -> CLIPTokenizer {
        switch name {
        case "small":
            return try CLIPTokenizer(
                vocabulary: bytes("small/vocab.json"), merges: bytes("small/merges.txt"),
                configuration: bytes("small/tokenizer_config.json"),
                specialTokens: bytes("small/special_tokens_map.json"))
        case "small-5":
            return try CLIPTokenizer(
                tokenizer: bytes("small-5/tokenizer.json"), configuration: bytes("small-5/tokenizer_config.json"))
        default:
            let merges = try bytes("clip/merges.txt")
            let special = { (text: String) in
                #"{"__type":"AddedToken","content":"\#(text)","normalized":true,"single_word":false}"#
            }
            let configuration = """
                {"bos_token":\(special("<|startoftext|>")),"eos_token":\(special("<|endoftext|>")),\
                "unk_token":\(special("<|endoftext|>")),"pad_token":"\(name == "sd2" ? "!" : "<|endoftext|>")",\
                "model_max_length":77}
                """
            return try CLIPTokenizer(
                vocabulary: clipVocabulary(merges), merges: merges, configuration: Array(configuration.utf8))
        }
    }

    /// OpenAI's `vocab.json`: bytes, bytes that end a word, a token per merge, the two special ones.
    static func clipVocabulary(_ merges: [UInt8]) -> [UInt8] {
        let printable = [UInt32](0x21...0x7e) + [UInt32](0xa1...0xac) + [UInt32](0xae...0xff)
        let bytes = (printable + [UInt32](0x100..<0x144)).compactMap(Unicode.Scalar.init).map(String.init)
        var tokens = bytes + bytes.map { $0 + "</w>" }
        for line in merges.split(separator: UInt8(ascii: "\n")).dropFirst() {
            tokens.append(String(decoding: line.filter { $0 != UInt8(ascii: " ") }, as: UTF8.self))
        }
        tokens += ["<|startoftext|>", "<|endoftext|>"]
        let members = tokens.enumerated().map { id, token in
            "\"" + token.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\": \(id)"
        }
        return Array("{\(members.joined(separator: ", "))}".utf8)
    }
}
