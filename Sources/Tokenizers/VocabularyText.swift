/// Reads a `vocab.json`: one flat JSON object of tokens and their numbers, each once.
struct VocabularyText {
    private let bytes: [UInt8]
    private let file: String
    private var position = 0

    /// Reads `bytes` of `file`, a name for messages.
    static func parse(_ bytes: [UInt8], file: String) throws(TokenizerError) -> Vocabulary {
        var text = VocabularyText(bytes: bytes, file: file)
        return try text.vocabulary()
    }

    private init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func unexpected(_ expected: String) -> TokenizerError {
        let found = byte.map { "byte \($0) at \(position)" } ?? "the end"
        return .malformed(file: file, expected: expected, found: found)
    }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ mark: Unicode.Scalar) throws(TokenizerError) {
        skipSpace()
        guard byte == UInt8(ascii: mark) else { throw unexpected("\"\(mark)\"") }
        position += 1
    }

    private mutating func vocabulary() throws(TokenizerError) -> Vocabulary {
        var vocabulary = Vocabulary()
        try take("{")
        skipSpace()
        while byte != UInt8(ascii: "}") {
            if vocabulary.count > 0 { try take(",") }
            try take("\"")
            let token = try string()
            try take(":")
            let id = try number()
            guard vocabulary.insert(token, id: id) else {
                throw .malformed(
                    file: file, expected: "each token and number once",
                    found: "\"\(String(decoding: token, as: UTF8.self))\" (\(id)) again")
            }
            skipSpace()
        }
        position += 1
        skipSpace()
        guard byte == nil else { throw unexpected("the end") }
        guard vocabulary.count > 0 else { throw unexpected("at least one token") }
        return vocabulary
    }

    private mutating func number() throws(TokenizerError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while let byte, 0x30...0x39 ~= byte, value < Vocabulary.idLimit {
            value = value * 10 + Int(byte - 0x30)
            position += 1
        }
        let isPadded = position > start + 1 && bytes[start] == 0x30
        guard position > start, value < Vocabulary.idLimit, !isPadded else {
            position = start
            throw unexpected("a whole number below \(Vocabulary.idLimit)")
        }
        return value
    }

    /// The UTF-8 of a string whose opening quote was taken.
    private mutating func string() throws(TokenizerError) -> ArraySlice<UInt8> {
        let start = position
        while let byte, byte != 0x22, byte != 0x5c, byte >= 0x20 { position += 1 }
        var units = bytes[start..<position]
        while let byte, byte != 0x22 {
            guard byte >= 0x20 else { throw unexpected("a string") }
            position += 1
            if byte == 0x5c { try escape(into: &units) } else { units.append(byte) }
        }
        try take("\"")
        guard String(validating: units, as: UTF8.self) != nil else { throw unexpected("UTF-8 before it") }
        return units
    }

    private mutating func escape(into units: inout ArraySlice<UInt8>) throws(TokenizerError) {
        guard let byte else { throw unexpected("an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0c)
        case UInt8(ascii: "n"): units.append(0x0a)
        case UInt8(ascii: "r"): units.append(0x0d)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xd800..<0xdc00 ~= code, bytes[position...].starts(with: [0x5c, UInt8(ascii: "u")]) {
                position += 2
                let low = try hexadecimal()
                if 0xdc00..<0xe000 ~= low { code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00) }
            }
            guard let scalar = Unicode.Scalar(code) else { throw unexpected("a whole surrogate pair before it") }
            units.append(contentsOf: String(scalar).utf8)
        default: throw unexpected("an escape before it")
        }
    }

    private mutating func hexadecimal() throws(TokenizerError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
