import FoundationEssentials
package import Logging

/// Writes each log message as one line: a JSON object, or text for people.
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level

    private let label: String
    private let isJSON: Bool
    private let showsPrompts: Bool
    private let write: @Sendable (String) -> Void

    /// Metadata that holds what people have asked for.
    private static let prompts: Set<String> = ["prompt", "negative_prompt"]

    /// - Parameters:
    ///   - showsPrompts: whether metadata called `prompt` or `negative_prompt` is written.
    ///   - write: takes a whole line, its end included.
    package init(
        label: String, level: Logger.Level, isJSON: Bool, showsPrompts: Bool,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        logLevel = level
        self.isJSON = isJSON
        self.showsPrompts = showsPrompts
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let metadataProvider { fields.merge(metadataProvider.get()) { _, new in new } }
        if let given = event.metadata { fields.merge(given) { _, new in new } }
        if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
        if !showsPrompts { for key in Self.prompts where fields[key] != nil { fields[key] = "(withheld)" } }
        let sorted = fields.sorted { $0.key < $1.key }
        write(isJSON ? object(event, sorted) : line(event, sorted))
    }

    private func object(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var members = [
            ("time", Self.time()), ("level", event.level.rawValue), ("logger", label), ("message", "\(event.message)"),
        ].map { "\"\($0)\":" + quoted($1) }
        let reserved: Set = ["time", "level", "logger", "message"]
        members += fields.map { key, value in quoted(reserved.contains(key) ? key + "_" : key) + ":" + json(value) }
        return "{" + members.joined(separator: ",") + "}\n"
    }

    private func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let number as any BinaryInteger & Sendable): "\(number)"
        case .stringConvertible(let number as Double) where number.isFinite: "\(number)"
        case .stringConvertible(let flag as Bool): "\(flag)"
        case .stringConvertible(let other): quoted("\(other)")
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let members):
            "{" + members.sorted { $0.key < $1.key }.map { quoted($0) + ":" + json($1) }.joined(separator: ",") + "}"
        }
    }

    private func line(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        let level = event.level.rawValue
        let head = "\(Self.time()) \(level)\(String(repeating: " ", count: max(0, 8 - level.count))) \(event.message)"
        let tail = fields.map { " \($0.key)=\($0.value)" }.joined()
        // What clients wrote must neither begin lines nor move a terminal's cursor.
        return String((head + tail).map { $0.isNewline || isControl($0) ? " " : $0 }) + "\n"
    }

    private func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func time() -> String {
        Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// `text` as a JSON string.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
