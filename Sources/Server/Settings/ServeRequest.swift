/// What `daguerre serve` was asked to do.
package enum ServeRequest: Sendable {
    /// Say what there is to say about the command.
    case help
    /// Print a text, and do nothing else.
    case print(String)
    /// Serve.
    case serve(ServerSettings)

    /// Reads `arguments`, the words after `serve`.
    ///
    /// - Throws: ``SettingsError``.
    package init(_ arguments: [String], environment: [String: String]) throws {
        let table = ServerSettings().table
        let given = try CommandLineSettings(
            arguments.map { $0 == "-h" ? "--help" : $0 }, table: table, switches: ServerSettings.switches)
        if given.switches.contains("help") {
            self = .help
            return
        }
        if given.switches.contains("describe") {
            self = .print(ServerSettings.documentation)
            return
        }
        let settings = try ServerSettings(given, environment: environment)
        if given.switches.contains("print-config") {
            self = .print(given.switches.contains("json") ? try settings.reportJSON : settings.report)
        } else if given.switches.contains("json") {
            throw SettingsError.conflict("--json goes with --print-config")
        } else {
            self = .serve(settings)
        }
    }

    /// The chapter of `daguerre serve --help` that lists the settings.
    package static var settingsHelp: String { ServerSettings.help }
}
