/// What values a setting may have: how they are read, how they are written, and what to call them in messages.
struct SettingKind<Value: Sendable>: Sendable {
    /// What stands for a value in `--help`: `port`.
    var placeholder: String
    /// What would have been right, as the end of "expected …".
    var expected: String
    /// Whether several values may be given.
    var isList = false
    /// The value that texts stand for, one text unless it is a list; nil if they stand for none.
    var read: @Sendable ([String]) -> Value?
    /// The value as it would be written.
    var write: @Sendable (Value) -> WrittenValue
}

extension SettingKind {
    /// A kind of which one text is one value.
    private static func single(
        _ placeholder: String, _ expected: String, _ write: @escaping @Sendable (Value) -> WrittenValue,
        _ read: @escaping @Sendable (String) -> Value?
    ) -> SettingKind {
        SettingKind(
            placeholder: placeholder, expected: expected,
            read: { texts in texts.count == 1 ? texts.first.flatMap(read) : nil }, write: write)
    }

    /// What `kind` has, or nothing, which is written as the word `none`.
    static func optional<Wrapped>(_ kind: SettingKind<Wrapped>, _ none: String) -> SettingKind where Value == Wrapped? {
        SettingKind(
            placeholder: kind.placeholder, expected: "\(kind.expected), or \(none)", isList: kind.isList,
            read: { texts in texts == [none] ? .some(nil) : kind.read(texts).map { .some($0) } },
            write: { value in value.map(kind.write) ?? .text(none) })
    }
}

extension SettingKind where Value == String {
    /// Any text but none.
    static func text(_ placeholder: String, _ expected: String = "a text that is not empty") -> SettingKind {
        single(placeholder, expected, WrittenValue.text) { $0.isEmpty ? nil : $0 }
    }

    /// A file or folder; `~/` is the user's own folder.
    static let path = single("path", "a path", WrittenValue.text) { $0.isEmpty ? nil : UserFolder.expanding($0) }
}

extension SettingKind where Value == PreviewDecoderSetting {
    /// A word, or a file or folder.
    static let previewDecoder = SettingKind(
        placeholder: "automatic|linear|path", expected: "automatic, linear or a path",
        read: { texts in
            switch texts {
            case ["automatic"]: .automatic
            case ["linear"]: .linear
            default: SettingKind<String>.path.read(texts).map(PreviewDecoderSetting.path)
            }
        },
        write: { value in
            switch value {
            case .automatic: .text("automatic")
            case .linear: .text("linear")
            case .path(let path): .text(path)
            }
        })
}

extension SettingKind where Value == [String] {
    /// Several texts.
    static func list(_ placeholder: String, _ expected: String) -> SettingKind {
        SettingKind(
            placeholder: placeholder, expected: expected, isList: true,
            read: { texts in
                // An empty variable of the environment is an empty list.
                if texts == [""] { return [] }
                return texts.contains("") ? nil : texts
            }, write: WrittenValue.list)
    }
}

extension SettingKind where Value == [String: String] {
    /// Names with what stands for each.
    static func pairs(_ placeholder: String) -> SettingKind {
        SettingKind(
            placeholder: placeholder, expected: "pairs such as name=model", isList: true,
            read: { texts in
                var pairs: [String: String] = [:]
                for text in texts where texts != [""] {
                    let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
                    guard sides.count == 2, pairs.updateValue(sides[1], forKey: sides[0]) == nil else { return nil }
                }
                return pairs
            }, write: { pairs in .list(pairs.map { "\($0)=\($1)" }.sorted()) })
    }
}

extension SettingKind where Value == Bool {
    /// Yes or no.
    static let flag = single("true|false", "true or false", WrittenValue.flag) { text in
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}

extension SettingKind where Value == Int {
    /// An integer of a range.
    static func integer(_ range: ClosedRange<Int>) -> SettingKind {
        single("number", "an integer from \(range.lowerBound) to \(range.upperBound)", WrittenValue.integer) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes, as `512MiB`.
    static func bytes(_ range: ClosedRange<Int>) -> SettingKind {
        let (low, high) = (ByteCount.text(range.lowerBound), ByteCount.text(range.upperBound))
        return single(
            "size", "a size from \(low) to \(high), such as 512MiB or 24GiB", { .text(ByteCount.text($0)) }
        ) { text in ByteCount.parse(text).flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension SettingKind where Value == Double {
    /// A number of a range.
    static func number(_ range: ClosedRange<Double>) -> SettingKind {
        single(
            "number", "a number from \(brief(range.lowerBound)) to \(brief(range.upperBound))", WrittenValue.number
        ) { text in Double(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// Seconds, written as `30s`, `15m`, `12h` or `7d`.
    static func duration(_ range: ClosedRange<Double>) -> SettingKind {
        let (low, high) = (TimeSpan.text(range.lowerBound), TimeSpan.text(range.upperBound))
        return single(
            "time", "a time from \(low) to \(high), such as 30s, 15m, 12h or 7d", { .text(TimeSpan.text($0)) }
        ) { text in TimeSpan.parse(text).flatMap { range.contains($0) ? $0 : nil } }
    }
}

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few names.
    static var choice: SettingKind {
        let names = Value.allCases.map(\.rawValue)
        return single(
            names.joined(separator: "|"), "one of \(names.joined(separator: ", "))", { .text($0.rawValue) },
            Value.init(rawValue:))
    }
}

/// A setting's value as one could write it.
enum WrittenValue: Encodable, Equatable, Sendable {
    case text(String), integer(Int), number(Double), flag(Bool), list([String])

    /// On one line.
    var text: String {
        switch self {
        case .text(let text): text
        case .integer(let value): "\(value)"
        case .number(let value): brief(value)
        case .flag(let value): "\(value)"
        case .list(let texts): texts.isEmpty ? "none" : texts.joined(separator: ",")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .list(let texts): try container.encode(texts)
        }
    }
}

/// A number without the `.0` of whole ones.
func brief(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
}
