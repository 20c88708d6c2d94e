import Glibc

/// Folders of whoever runs the process, by the XDG Base Directory Specification.
struct UserFolder {
    /// Variables of the environment.
    let environment: [String: String]

    /// `$XDG_DATA_HOME/daguerre`, else `~/.local/share/daguerre`.
    var data: String { folder("XDG_DATA_HOME", else: ".local/share") }
    /// `$XDG_CONFIG_HOME/daguerre`, else `~/.config/daguerre`.
    var configuration: String { folder("XDG_CONFIG_HOME", else: ".config") }

    private func folder(_ variable: String, else standard: String) -> String {
        // The specification has relative ones ignored.
        if let base = environment[variable], base.hasPrefix("/") { return base + "/daguerre" }
        return (Self.home(environment) ?? ".") + "/\(standard)/daguerre"
    }

    /// `path` with the user's own folder in place of a leading `~/`.
    static func expanding(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = home(nil) else { return path }
        return home + path.dropFirst()
    }

    private static func home(_ environment: [String: String]?) -> String? {
        let home = environment.map { $0["HOME"] } ?? getenv("HOME").map { String(cString: $0) }
        return home.flatMap { $0.isEmpty ? nil : $0 }
    }
}
