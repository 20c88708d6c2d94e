/// How a picture was made, as AUTOMATIC1111's web UI writes it into its files: prompt, negative prompt, settings.
///
///     a red apple
///     Negative prompt: blurry
///     Steps: 20, Sampler: DPM++ 2M, CFG scale: 3.5, Seed: 1, Size: 128x128
public struct Infotext: Hashable, Sendable {
    /// The key of the PNG text chunk that holds it.
    public static let chunkKey = "parameters"

    /// One setting, such as `Steps` with the value `20`.
    public struct Field: Hashable, Sendable {
        /// Starts with a letter, digit or underscore; then also spaces, `-` and `/`.
        public let name: String
        /// Any text.
        public let value: String

        /// Makes a setting.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What was asked for; may have several lines.
    public var prompt: String
    /// What was to be avoided; may have several lines.
    public var negativePrompt: String
    /// The settings in their order.
    public var fields: [Field]

    /// Makes a record.
    public init(prompt: String, negativePrompt: String = "", fields: [Field] = []) {
        self.prompt = prompt
        self.negativePrompt = negativePrompt
        self.fields = fields
    }

    /// The value of the setting `name`, the last if there are several.
    public subscript(name: String) -> String? {
        fields.last { $0.name == name }?.value
    }

    /// The text to write into a file.
    public var text: String {
        var lines = [prompt]
        if !negativePrompt.isEmpty { lines.append(Self.negativeLabel + " " + negativePrompt) }
        if !fields.isEmpty { lines.append(fields.map { "\($0.name): \(quoted($0.value))" }.joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }

    /// Reads a text as the web UI does: settings are the last line if it holds at least three of them.
    ///
    /// Any text can be read: what fits nothing else belongs to the prompt. Spaces around each part are dropped.
    public init(parsing text: String) {
        // A line may end as Windows ends it, which is one character of its own.
        let text = String(text.map { $0 == "\r\n" ? "\n" : $0 })
        var lines = trimmed(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        fields = lines.last.map(fieldsOfLine) ?? []
        if fields.count >= Self.fewestFields { lines.removeLast() } else { fields = [] }
        var parts: (prompt: [String], negative: [String]) = ([], [])
        var isNegative = false
        for line in lines.map(trimmed) {
            if line.hasPrefix(Self.negativeLabel) {
                isNegative = true
                parts.negative.append(trimmed(line.dropFirst(Self.negativeLabel.count)))
            } else if isNegative {
                parts.negative.append(line)
            } else {
                parts.prompt.append(line)
            }
        }
        prompt = trimmed(parts.prompt.joined(separator: "\n"))
        negativePrompt = trimmed(parts.negative.joined(separator: "\n"))
    }

    private static let negativeLabel = "Negative prompt:"
    /// A last line with fewer settings is taken for a line of the prompt.
    private static let fewestFields = 3
}

/// `text` without white space around it.
func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
}

/// `value` as JSON writes it if it would break a line of settings or lose white space around it, else as it is.
private func quoted(_ value: String) -> String {
    let breaks = value.unicodeScalars.contains { ",:\n\r\"".unicodeScalars.contains($0) }
    guard breaks || value.first?.isWhitespace == true || value.last?.isWhitespace == true else { return value }
    var text = "\""
    for scalar in value.unicodeScalars {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        default:
            if scalar.value < 0x20 {
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
    return text + "\""
}

/// Splits `Name: value, Name: "quoted, value"` into settings; what is no setting is skipped.
private func fieldsOfLine(_ line: String) -> [Infotext.Field] {
    var fields: [Infotext.Field] = []
    var rest = Substring(line)
    while let colon = rest.firstIndex(of: ":") {
        let name = trimmed(rest[..<colon].split(separator: ",", omittingEmptySubsequences: false).last ?? "")
        rest = rest[rest.index(after: colon)...].drop(while: \.isWhitespace)
        let value: String
        if let (text, end) = unquoted(rest) {
            value = text
            rest = rest[end...].drop { $0 != "," }.dropFirst()
        } else {
            let end = rest.firstIndex(of: ",") ?? rest.endIndex
            value = trimmed(rest[..<end])
            rest = rest[end...].dropFirst()
        }
        if isFieldName(name) { fields.append(Infotext.Field(name, value)) }
    }
    return fields
}

private func isFieldName(_ name: String) -> Bool {
    guard let first = name.first, first.isLetter || first.isNumber || first == "_", name.count > 1 else { return false }
    return name.allSatisfy { $0.isLetter || $0.isNumber || "_ -/".contains($0) }
}

/// The text of the JSON string that `text` starts with, and where it ends; nil if it starts with none.
private func unquoted(_ text: Substring) -> (String, Substring.Index)? {
    guard text.first == "\"" else { return nil }
    var value = String.UnicodeScalarView()
    let scalars = text.unicodeScalars
    var i = scalars.index(after: scalars.startIndex)
    while i < scalars.endIndex {
        let scalar = scalars[i]
        i = scalars.index(after: i)
        if scalar == "\"" { return (String(value), i) }
        guard scalar == "\\" else {
            value.append(scalar)
            continue
        }
        guard i < scalars.endIndex else { return nil }
        let escape = scalars[i]
        i = scalars.index(after: i)
        switch escape {
        case "n": value.append("\n")
        case "r": value.append("\r")
        case "t": value.append("\t")
        case "u":
            let digits = scalars[i...].prefix(4)
            guard digits.count == 4, let code = UInt32(String(digits), radix: 16) else { return nil }
            value.append(Unicode.Scalar(code) ?? "\u{fffd}")
            i = digits.endIndex
        default: value.append(escape)
        }
    }
    return nil
}
