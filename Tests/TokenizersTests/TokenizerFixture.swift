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

    static func bytes(_ path: String) throws -> [UInt8] { try contents(["Tests", "Fixtures", "tokenizer", path]) }

    /// The merges that lie in the executable.
    static func clipMerges() throws -> [UInt8] { try contents(["Models", "clip-vocabulary", "merges.txt"]) }

    private static func contents(_ path: [String]) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast(3).map(String.init) + path
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
            let merges = try clipMerges()
            let special = { (text: String) in
                #"{"__type":"AddedToken","content":"\#(text)","normalized":true,"single_word":false}"#
            }
            let configuration = """
                {"bos_token":\(special("<|startoftext|>")),"eos_token":\(special("<|endoftext|>")),\
                "unk_token":\(special("<|endoftext|>")),"pad_token":"\(name == "sd2" ? "!" : "<|endoftext|>")",\
                "model_max_length":77}
                """
            return try CLIPTokenizer(
                vocabulary: CLIPVocabulary.vocabularyText(merges: merges), merges: merges,
                configuration: Array(configuration.utf8))
        }
    }
}
