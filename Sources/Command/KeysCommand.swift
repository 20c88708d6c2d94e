public import ArgumentParser
public import DaguerreAccess
import DaguerreJobs
import DaguerreServer
import DaguerreStorage
import FoundationEssentials

/// `daguerre keys`: who may use the server.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and revoke the server's API keys.",
        discussion: """
            Works beside a running server, which knows of a change within a second and ends a revoked \
            key's open connections within two. Clients send a key as Authorization: \
            Bearer, as X-API-Key, or as the password of Basic authentication.

            EXAMPLES
              daguerre keys add studio
              daguerre keys add intern --unfinished-jobs 2 --seconds-per-day 600 --requests-per-minute 60
              daguerre keys add operator --scope admin
              daguerre keys list --json
              daguerre keys revoke k7m2p9qa
            """,
        subcommands: [Add.self, List.self, Revoke.self])

    /// `daguerre keys add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print it: it is shown once, and only a hash of it is kept.")

        @Argument(help: "What people call it.") var name: String
        @Option(
            help: ArgumentHelp(
                """
                What it may be used for: generate (draw, and see what one has drawn), models (look for new models, too), \
                admin (everything, and others' jobs by their names).
                """))
        var scope = Scope.generate
        @Option(parsing: .unconditional, help: ArgumentHelp("Requests a minute.", valueName: "n"))
        var requestsPerMinute: Double?
        @Option(parsing: .unconditional, help: ArgumentHelp("Jobs that wait or run at once.", valueName: "n"))
        var unfinishedJobs: Int?
        @Option(parsing: .unconditional, help: ArgumentHelp("Seconds of computing in any 24 hours.", valueName: "n"))
        var secondsPerDay: Double?
        @OptionGroup var place: KeyPlace

        func run() async throws {
            let limits = KeyLimits(
                requestsPerMinute: requestsPerMinute, unfinishedJobs: unfinishedJobs, secondsPerDay: secondsPerDay)
            let folder = try place.folder
            let store = SQLiteKeyStore(try ServerDatabase(folder))
            let pepper = try Pepper(at: folder + "/key.pepper")
            let (key, token) = try APIKey.make(
                name: name, scope: scope, limits: limits, pepper: pepper, at: Timestamp.now().milliseconds)
            try await store.add(key)
            if place.json {
                try Terminal.output.print(jsonText(KeyReport(key, token: token.text)) + "\n")
            } else {
                try Terminal.output.print(token.text + "\n")
                Terminal.error.write("daguerre: this is key \(key.id); keep it, since it cannot be shown again\n")
            }
        }
    }

    /// `daguerre keys list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all keys, revoked ones included.")

        @OptionGroup var place: KeyPlace

        func run() async throws {
            let keys = try await SQLiteKeyStore(ServerDatabase(place.folder)).keys().map { KeyReport($0) }
            if place.json { return try Terminal.output.print(jsonText(keys) + "\n") }
            for key in keys { try Terminal.output.print(key.line + "\n") }
            if keys.isEmpty { Terminal.error.write("daguerre: there is no key yet; daguerre keys add makes one\n") }
        }
    }

    /// `daguerre keys revoke`.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key useless.")

        @Argument(help: "The key's identifier, as daguerre keys list shows it.") var key: String
        @OptionGroup var place: KeyPlace

        func run() async throws {
            let store = SQLiteKeyStore(try ServerDatabase(place.folder))
            guard try await store.revoke(key, at: Timestamp.now().milliseconds) else {
                throw CommandFailure.unknownKey(printable(key))
            }
            if place.json { try Terminal.output.print(jsonText(["revoked": key]) + "\n") }
        }
    }
}

/// The options that say where keys are kept, and how they are shown.
struct KeyPlace: ParsableArguments {
    @Option(help: ArgumentHelp("The server's data folder. (default: as for daguerre serve)", valueName: "path"))
    var data: String?
    @Option(help: ArgumentHelp("The server's YAML file. (default: as for daguerre serve)", valueName: "path"))
    var config: String?
    @Flag(help: "Print JSON.")
    var json = false

    /// The data folder that a server with the same options, variables and file would have.
    ///
    /// - Throws: `SettingsError`.
    var folder: String {
        get throws {
            let given = [("--data", data), ("--config", config)].flatMap { flag, value in
                value.map { [flag + "=" + $0] } ?? []
            }
            return try ServerSettings(given, environment: ProcessInfo.processInfo.environment).data
        }
    }
}

/// A key as it is shown; ``key`` is there only when it has just been made.
private struct KeyReport: Encodable {
    let id, name: String
    let scope: Scope
    let limits: KeyLimits
    let created: String
    let revoked: String?
    let key: String?

    init(_ key: APIKey, token: String? = nil) {
        (id, name, scope, limits) = (key.id, key.name, key.scope, key.limits)
        created = Self.day(key.created)
        revoked = key.revoked.map(Self.day)
        self.key = token
    }

    var line: String {
        let bounds = [
            limits.requestsPerMinute.map { "\(briefNumber($0)) requests/min" },
            limits.unfinishedJobs.map { "\($0) jobs at once" },
            limits.secondsPerDay.map { "\(briefNumber($0)) s/day" },
        ].compactMap(\.self)
        let words =
            [id, created, scope.rawValue, name] + (bounds.isEmpty ? [] : ["(\(bounds.joined(separator: ", ")))"])
            + (revoked.map { ["revoked \($0)"] } ?? [])
        return printable(words.joined(separator: "  "))
    }

    private static func day(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
}

private func briefNumber(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

extension Scope: ExpressibleByArgument {}
