/// A JSON value as its text has it: members in order, numbers told apart.
package indirect enum JSONValue: Hashable, Sendable {
    case object([JSONMember])
    case array([JSONValue])
    case string(String)
    /// A number without sign of fraction or exponent that fits 64 bits.
    case integer(Int)
    /// Any other number, as it is written.
    case number(String)
    case bool(Bool)
    case null

    /// The value of member `name`, where this is an object that has it.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}

/// One name and value of a JSON object.
package struct JSONMember: Hashable, Sendable {
    package let name: String
    package let value: JSONValue
}

/// Why a text is not the JSON that we accept.
package struct JSONProblem: Error, Hashable {
    package enum Kind: Hashable { case syntax, duplicate, depth }

    package let kind: Kind
    /// What stood there, for a message.
    package let found: String

    package init(kind: Kind, found: String) {
        self.kind = kind
        self.found = found
    }
}

/// A JSON reader (RFC 8259) that sees what Foundation's hides: duplicate names, depth, whole numbers, trailing text.
///
/// It reads untrusted bytes: it never traps, and its stack is bounded by `maximumDepth`.
package struct JSONText {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private let maximumDepth: Int

    /// Reads the one value that `bytes` hold; white space may surround it.
    package static func parse(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 32) throws(JSONProblem) -> JSONValue
    {
        var text = JSONText(bytes: bytes, maximumDepth: maximumDepth)
        text.skipSpace()
        let value = try text.value(depth: 0)
        text.skipSpace()
        guard text.position == bytes.count else { throw text.unexpected() }
        return value
    }

    /// Reads the one value that `bytes` hold; white space may surround it.
    package static func parse(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSONProblem) -> JSONValue {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONProblem) in try parse(buffer, maximumDepth: maximumDepth) }
        }
        return try result.get()
    }

    private init(bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func unexpected() -> JSONProblem {
        guard let byte else { return JSONProblem(kind: .syntax, found: "the end at byte \(position)") }
        let character = (0x21...0x7e).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte \(byte)"
        return JSONProblem(kind: .syntax, found: "\(character) at byte \(position)")
    }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ expected: UInt8) throws(JSONProblem) {
        guard byte == expected else { throw unexpected() }
        position += 1
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
        for i in 0..<word.utf8CodeUnitCount { try take(word.utf8Start[i]) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONProblem) -> JSONValue {
        guard depth <= maximumDepth else {
            throw JSONProblem(kind: .depth, found: "more than \(maximumDepth) levels at byte \(position)")
        }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONProblem) -> JSONValue {
        try take(UInt8(ascii: "{"))
        skipSpace()
        var members: [JSONMember] = []
        var names: Set<String> = []
        guard byte != UInt8(ascii: "}") else {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            let name = try string()
            guard names.insert(name).inserted else { throw JSONProblem(kind: .duplicate, found: name) }
            skipSpace()
            try take(UInt8(ascii: ":"))
            skipSpace()
            members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
            skipSpace()
            guard byte == UInt8(ascii: ",") else { break }
            position += 1
        }
        try take(UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONProblem) -> JSONValue {
        try take(UInt8(ascii: "["))
        skipSpace()
        var elements: [JSONValue] = []
        guard byte != UInt8(ascii: "]") else {
            position += 1
            return .array(elements)
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            guard byte == UInt8(ascii: ",") else { break }
            position += 1
        }
        try take(UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func number() throws(JSONProblem) -> JSONValue {
        let start = position
        if byte == UInt8(ascii: "-") { position += 1 }
        if byte == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits()
        }
        var isWhole = true
        if byte == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, text != "-0", let integer = Int(text) { return .integer(integer) }
        return .number(text)
    }

    private mutating func digits() throws(JSONProblem) {
        let start = position
        while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw unexpected() }
    }

    private mutating func string() throws(JSONProblem) -> String {
        try take(UInt8(ascii: "\""))
        let start = position
        while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if byte == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try utf8(bytes[start..<position])
        }
        var units = [UInt8](bytes[start..<position])
        while let byte {
            guard byte >= 0x20 else { throw unexpected() }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try utf8(units[...])
            case UInt8(ascii: "\\"): try escape(into: &units)
            default: units.append(byte)
            }
        }
        throw unexpected()
    }

    private func utf8(_ units: some Collection<UInt8>) throws(JSONProblem) -> String {
        guard let text = String(validating: units, as: UTF8.self) else {
            throw JSONProblem(kind: .syntax, found: "bytes that are not UTF-8 before byte \(position)")
        }
        return text
    }

    private mutating func escape(into units: inout [UInt8]) throws(JSONProblem) {
        guard let byte else { throw unexpected() }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0c)
        case UInt8(ascii: "n"): units.append(0x0a)
        case UInt8(ascii: "r"): units.append(0x0d)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            units.append(contentsOf: String(try escapedScalar()).utf8)
            return
        default: throw unexpected()
        }
        position += 1
    }

    private mutating func escapedScalar() throws(JSONProblem) -> Unicode.Scalar {
        let start = position
        var code = UInt32(try hexadecimal())
        if (0xd800..<0xdc00).contains(code), byte == UInt8(ascii: "\\") {
            position += 1
            try take(UInt8(ascii: "u"))
            let low = UInt32(try hexadecimal())
            if (0xdc00..<0xe000).contains(low) { code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00) }
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw JSONProblem(kind: .syntax, found: "half a surrogate pair at byte \(start)")
        }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONProblem) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw unexpected()
            }
            code = code << 4 | UInt16(digit)
            position += 1
        }
        return code
    }
}
