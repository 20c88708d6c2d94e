extension JSONValue {
    /// An object of the members given, in their order.
    static func members(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { JSONMember(name: $0.0, value: $0.1) })
    }

    /// A list of whole numbers.
    static func integers(_ values: [Int]) -> JSONValue { .array(values.map(JSONValue.integer)) }

    /// A list of texts.
    static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

    /// A fraction, written so that it reads as the same number.
    static func fraction(_ value: Double) -> JSONValue { .number("\(value)") }

    /// The value as text over several lines, as diffusers writes its configurations, with a line end.
    var fileText: [UInt8] { Array((text(indent: "") + "\n").utf8) }

    private func text(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { inner + $0.name.jsonText + ": " + $0.value.text(indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
        case .array(let values):
            guard !values.isEmpty else { return "[]" }
            return "[\n" + values.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n" + indent + "]"
        case .string(let text): return text.jsonText
        case .integer(let value): return String(value)
        case .number(let text): return text
        case .bool(let value): return String(value)
        case .null: return "null"
        }
    }
}
