/// Settings as `daguerre serve` is given them: `--name value`, `--name=value`, and what is true or false as `--name`, `--no-name`.
///
/// Lists may be given with commas or by several flags; of anything else the last one counts.
struct CommandLineSettings: Equatable, Sendable {
    /// What is given, by setting.
    private(set) var texts: [String: [String]] = [:]
    /// Flags that are no settings, such as `--json`.
    private(set) var switches: Set<String> = []

    /// Reads `arguments`.
    ///
    /// - Parameters:
    ///   - table: every setting that there is.
    ///   - switches: names of flags without a value that are no settings.
    /// - Throws: ``SettingsError`` for what is no setting and for one without its value.
    init(_ arguments: [String], table: [any SettingCell], switches known: Set<String> = []) throws(SettingsError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else { throw .unexpectedArgument(argument) }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            let attached = parts.count == 2 ? String(parts[1]) : nil
            if known.contains(name), attached == nil {
                switches.insert(name)
            } else if let cell = table.first(where: { $0.name == name }) {
                add(try Self.value(of: cell, attached, &rest), of: cell)
            } else if let cell = table.first(where: { $0.isFlag && "no-" + $0.name == name }), attached == nil {
                add("false", of: cell)
            } else {
                let names = table.map { "--" + $0.name } + known.map { "--" + $0 }
                throw .unknown(written: "--" + name, nearest: NearestName.find("--" + name, in: names))
            }
        }
    }

    private static func value(
        of cell: any SettingCell, _ attached: String?, _ rest: inout ArraySlice<String>
    ) throws(SettingsError) -> String {
        if let attached { return attached }
        if cell.isFlag {
            // What follows is its value only if it can be one, so that a bare flag may stand before anything.
            let isValue = rest.first.map { ["true", "false"].contains($0) } ?? false
            return isValue ? rest.popFirst() ?? "true" : "true"
        }
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw .missingValue(flag: "--" + cell.name, expected: cell.expected)
        }
        rest.removeFirst()
        return next
    }

    private mutating func add(_ text: String, of cell: any SettingCell) {
        if cell.isList {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                String(part.trimmingPrefix { $0 == " " })
            }
            texts[cell.name, default: []] += text.isEmpty ? [] : parts
        } else {
            texts[cell.name] = [text]
        }
    }
}
