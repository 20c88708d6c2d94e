/// Why settings are refused.
package enum SettingsError: Error, Equatable, CustomStringConvertible, Sendable {
    /// A value that its setting cannot have.
    case invalid(setting: String, source: SettingOrigin, found: String, expected: String)
    /// A name that no setting has, as it was written; and one that it may have been meant for.
    case unknown(written: String, nearest: String?)
    /// A flag without the value that it needs.
    case missingValue(flag: String, expected: String)
    /// An argument that is no flag.
    case unexpectedArgument(String)
    /// A file that cannot be read.
    case unreadableFile(name: String, reason: String)
    /// A file that is not as it must be.
    case malformedFile(name: String, reason: String)
    /// Settings that do not go together.
    case conflict(String)

    static func invalid(setting: String, source: SettingSource, found: String, expected: String) -> SettingsError {
        .invalid(setting: setting, source: SettingOrigin(source, setting), found: found, expected: expected)
    }

    /// One line.
    package var description: String {
        switch self {
        case .invalid(_, let source, let found, let expected):
            "\(source.spelling) is \(found.isEmpty ? "empty" : found), expected \(expected)"
        case .unknown(let written, let nearest):
            "\(written) is no setting" + (nearest.map { "; did you mean \($0)?" } ?? "")
                + "; daguerre serve --help lists them"
        case .missingValue(let flag, let expected): "\(flag) needs a value: \(expected)"
        case .unexpectedArgument(let text): "\(text) is not expected; settings are given as --name value"
        case .unreadableFile(let name, let reason): "\(name) cannot be read: \(reason)"
        case .malformedFile(let name, let reason): "\(name): \(reason)"
        case .conflict(let reason): reason
        }
    }
}

/// Where a value was found, as a message calls it: `--port`, `DAGUERRE_PORT`, `serve.yaml, line 3: port`.
package struct SettingOrigin: Equatable, Sendable {
    /// The setting as that place spells it.
    package let spelling: String

    init(_ source: SettingSource, _ setting: String) { spelling = source.spelling(of: setting) }
}
