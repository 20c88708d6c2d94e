import Glibc
import Yams

/// A YAML file of settings: one `name: value` a line; lists as `[a, b]` or with dashes.
///
/// Yams is read directly since swift-configuration's own snapshot does not say which keys a file has, and one that is
/// misspelt must not do nothing in silence.
struct ConfigurationFile: Sendable {
    /// The file's base name.
    let name: String
    /// What is given, by setting.
    private(set) var texts: [String: [String]] = [:]
    /// On which line.
    private(set) var lines: [String: Int] = [:]

    private static let largest = 1 << 20

    /// Reads the file at `path`.
    ///
    /// - Throws: ``SettingsError`` if it cannot be read, is no such file, or names what is no setting.
    init(path: String, table: [any SettingCell]) throws(SettingsError) {
        let name = baseName(path)
        try self.init(try Self.contents(of: path, name: name), name: name, table: table)
    }

    /// Reads `yaml`, the contents of the file `name`.
    init(_ yaml: String, name: String, table: [any SettingCell]) throws(SettingsError) {
        self.name = name
        let root: Node?
        do {
            root = try compose(yaml: yaml)
        } catch {
            throw .malformedFile(name: name, reason: "no YAML: \(oneLine("\(error)"))")
        }
        // A file of comments only is a file without settings.
        guard let root, root.tag != Tag(.null) else { return }
        guard case .mapping(let mapping) = root else {
            throw .malformedFile(name: name, reason: "expected lines such as port: 7860")
        }
        for (key, value) in mapping { try add(key, value, table) }
    }

    private mutating func add(_ key: Node, _ value: Node, _ table: [any SettingCell]) throws(SettingsError) {
        let line = key.mark?.line ?? 0
        let written = key.string ?? ""
        guard let cell = table.first(where: { $0.name == written }) else {
            throw .unknown(
                written: "\(name), line \(line): \(oneLine(written))",
                nearest: NearestName.find(written, in: table.map(\.name)))
        }
        guard value.tag != Tag(.null) else { return }
        let found: [String]?
        switch value {
        case .scalar(let scalar): found = [scalar.string]
        case .sequence(let items) where cell.isList:
            let texts = items.compactMap(\.scalar?.string)
            found = texts.count == items.count ? texts : nil
        default: found = nil
        }
        guard let found else {
            throw .invalid(
                setting: cell.name, source: .file(name, line: line), found: "a list or a mapping",
                expected: cell.expected)
        }
        texts[cell.name] = found
        lines[cell.name] = line
    }

    private static func contents(of path: String, name: String) throws(SettingsError) -> String {
        func failure() -> SettingsError { .unreadableFile(name: name, reason: String(cString: strerror(errno))) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            if count == 0 { break }
            bytes += part.prefix(count)
            guard bytes.count <= largest else {
                throw .malformedFile(name: name, reason: "larger than 1 MiB, which no settings are")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformedFile(name: name, reason: "not UTF-8")
        }
        return text
    }
}

/// `text` with its line ends replaced by spaces.
func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
}

/// What comes after the last slash: what a message may show of a path.
func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
