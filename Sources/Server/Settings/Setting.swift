/// One of the server's settings: its value, where that came from, and all that there is to say about it.
///
/// ``ServerSettings`` is the table of them. Flags, environment variables, keys of the file, help, documentation and what
/// `--print-config` shows are made from it.
@propertyWrapper
package struct Setting<Value: Sendable>: SettingCell {
    let group: SettingGroup
    let name: String
    let help: String
    let kind: SettingKind<Value>
    private(set) var source = SettingSource.default
    package private(set) var wrappedValue: Value
    private let builtIn: Value
    private let computedDefault: String?

    /// - Parameter computedDefault: what the default is in words, where it is not the value given here.
    init(
        wrappedValue: Value, _ group: SettingGroup, _ name: String, _ kind: SettingKind<Value>,
        computedDefault: String? = nil, _ help: String
    ) {
        self.group = group
        self.name = name
        self.help = help
        self.kind = kind
        self.wrappedValue = wrappedValue
        self.computedDefault = computedDefault
        builtIn = wrappedValue
    }

    var placeholder: String { kind.placeholder }
    var expected: String { kind.expected }
    var isList: Bool { kind.isList }
    var isFlag: Bool { Value.self == Bool.self }
    var written: WrittenValue { kind.write(wrappedValue) }
    var defaultText: String { computedDefault ?? kind.write(builtIn).text }

    /// Takes what the first source says that says anything.
    mutating func read(_ sources: SettingSources) throws(SettingsError) {
        guard let (texts, source) = try sources.texts(of: name, isList: isList) else { return }
        guard let value = kind.read(texts) else {
            throw .invalid(
                setting: name, source: source, found: texts.joined(separator: ","),
                expected: kind.expected)
        }
        wrappedValue = value
        self.source = source
    }

    /// Takes a default that depends on the process, unless a value was given.
    mutating func fill(_ value: Value) {
        if case .default = source { wrappedValue = value }
    }
}

/// A setting, whatever its values are.
protocol SettingCell: Sendable {
    var group: SettingGroup { get }
    /// In words with dashes: `queue-capacity`.
    var name: String { get }
    var help: String { get }
    var placeholder: String { get }
    var expected: String { get }
    var isList: Bool { get }
    var isFlag: Bool { get }
    var source: SettingSource { get }
    var written: WrittenValue { get }
    var defaultText: String { get }
}

extension SettingCell {
    /// The variable of the environment: `DAGUERRE_QUEUE_CAPACITY`.
    var variable: String {
        SettingSources.prefix + name.uppercased().split(separator: "-").joined(separator: "_")
    }
}

/// What a setting is about; the chapters of the documentation.
enum SettingGroup: String, CaseIterable, Sendable {
    case listening = "Where it listens"
    case folders = "Folders"
    case drawing = "Drawing"
    case jobs = "Jobs"
    case access = "Who may do what"
    case safety = "Safety"
    case logging = "Logs"
}

/// Where a value came from.
enum SettingSource: Equatable, Sendable, CustomStringConvertible {
    case `default`
    case commandLine
    /// The variable's name.
    case environment(String)
    /// The file's base name, and the line.
    case file(String, line: Int)

    var description: String {
        switch self {
        case .default: "default"
        case .commandLine: "command line"
        case .environment(let variable): "environment \(variable)"
        case .file(let name, let line): "\(name) line \(line)"
        }
    }

    /// How the setting `name` is called there.
    func spelling(of name: String) -> String {
        switch self {
        case .default: name
        case .commandLine: "--\(name)"
        case .environment(let variable): variable
        case .file(let file, let line): "\(file), line \(line): \(name)"
        }
    }
}
