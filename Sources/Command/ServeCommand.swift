import ArgumentParser
import DaguerreServer
import FoundationEssentials

/// `daguerre serve`: an image API, a queue, a worker and a page, as one process.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve an image API and a page to draw with.",
        usage: "daguerre serve [--<setting> <value> ...] [--print-config [--json]]",
        discussion: """
            Jobs are kept in a folder and go on after a restart. Every setting can also be given as a variable of the \
            environment (DAGUERRE_PORT) or in a YAML file (port: 7860); flags come first, then variables, then the file.

            EXAMPLES
              daguerre serve
              daguerre serve --port 8080 --models ~/models --default-model dreamlike
              daguerre keys add studio && daguerre serve --host 0.0.0.0
              daguerre serve --print-config

            \(ServeRequest.settingsHelp)
            FURTHER FLAGS
              --print-config    Print every setting, its value and where that came from, and end; --json as an object.
              --describe        Print the documentation of all settings in Markdown, and end.
            """)

    /// Read by the server's own table, from which flags, variables and keys of the file are made.
    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var arguments: [String] = []

    func run() async throws {
        switch try ServeRequest(arguments, environment: ProcessInfo.processInfo.environment) {
        case .help: throw CleanExit.helpRequest(self)
        case .print(let text): try Terminal.output.print(text)
        case .serve(let settings):
            let server = try await Server(settings) { address in
                let keys = settings.requireKeys ? "with an API key" : "for this machine"
                Terminal.output.write(
                    "Daguerre listens at \(address) \(keys); safety is \(settings.safety.rawValue); Ctrl-C ends it\n")
            }
            try await Interruption.asking(server.stop) { try await server.run() }
        }
    }
}
