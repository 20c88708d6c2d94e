/// CLIP's vocabulary as it follows from its merges.
public enum CLIPVocabulary {
    /// The text of `vocab.json`: the bytes, the bytes at a word's end, a token for each line of `merges` (the text of
    /// `merges.txt`, whose first line is a comment), then the two special tokens.
    ///
    /// Source: openai/CLIP `SimpleTokenizer.__init__`. With OpenAI's merges, 49 408 tokens.
    public static func vocabularyText(merges: [UInt8]) -> [UInt8] {
        let printable = [UInt32](0x21...0x7e) + [UInt32](0xa1...0xac) + [UInt32](0xae...0xff)
        let alphabet = (printable + [UInt32](0x100..<0x144)).compactMap(Unicode.Scalar.init)
            .map { Array(String($0).utf8) }
        let wordEnd = Array("</w>".utf8)
        var text: [UInt8] = [UInt8(ascii: "{")]
        text.reserveCapacity(2 * merges.count)
        var next = 0
        func add(_ token: some Sequence<UInt8>) {
            text += next == 0 ? [UInt8(ascii: "\"")] : [UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\"")]
            for byte in token {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text += Array("\": \(next)".utf8)
            next += 1
        }
        for byte in alphabet { add(byte) }
        for byte in alphabet { add(byte + wordEnd) }
        for line in merges.split(separator: UInt8(ascii: "\n")).dropFirst() {
            add(line.filter { $0 != UInt8(ascii: " ") })
        }
        add("<|startoftext|>".utf8)
        add("<|endoftext|>".utf8)
        text.append(UInt8(ascii: "}"))
        return text
    }
}
