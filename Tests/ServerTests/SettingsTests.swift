import DaguerreGateway
import DaguerreServer
import Foundation
import Testing

/// Runs `daguerre serve` as far as its settings go.
private func request(
    _ arguments: [String] = [], environment: [String: String] = [:]
) throws -> ServeRequest {
    try ServeRequest(arguments, environment: ["HOME": "/nowhere"].merging(environment) { $1 })
}

private func settings(_ arguments: [String] = [], environment: [String: String] = [:]) throws -> ServerSettings {
    guard case .serve(let settings) = try request(arguments, environment: environment) else {
        throw CocoaError(.featureUnsupported)
    }
    return settings
}

/// What `--print-config --json` shows.
private func printed(
    _ arguments: [String] = [], environment: [String: String] = [:]
) throws -> [String: [String: Any]] {
    guard
        case .print(let text) = try request(arguments + ["--print-config", "--json"], environment: environment),
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [String: Any]]
    else { throw CocoaError(.featureUnsupported) }
    return object
}

/// The message of the error that `body` throws.
private func refusal(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was refused"
    } catch {
        return "\(error)"
    }
}

/// A YAML file that is removed with the last reference to it.
private final class SettingsFile {
    let path = NSTemporaryDirectory() + "daguerre-\(UUID().uuidString).yaml"
    var name: String { (path as NSString).lastPathComponent }

    init(_ text: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct SettingsTests {
    @Test func withoutAnythingEverySettingIsAtItsDefault() throws {
        let settings = try settings()
        #expect(settings.host == "127.0.0.1")
        #expect(settings.port == 7860)
        #expect(settings.data == "/nowhere/.local/share/daguerre")
        #expect(settings.models == "/nowhere/.local/share/daguerre/models")
        #expect(settings.requireKeys == false)
        #expect(settings.safety == .off)
        #expect(try printed().allSatisfy { $0.value["source"] as? String == "default" })
    }

    @Test func theCommandLineComesBeforeTheEnvironmentAndThatBeforeTheFile() throws {
        let file = try SettingsFile("port: 1001\nqueue-capacity: 11\nkeep-jobs: 3d\n")
        let environment = ["DAGUERRE_PORT": "1002", "DAGUERRE_QUEUE_CAPACITY": "12", "DAGUERRE_CONFIG": file.path]
        let shown = try printed(["--port", "1003"], environment: environment)
        #expect(shown["port"]?["value"] as? Int == 1003)
        #expect(shown["port"]?["source"] as? String == "command line")
        #expect(shown["queue-capacity"]?["value"] as? Int == 12)
        #expect(shown["queue-capacity"]?["source"] as? String == "environment DAGUERRE_QUEUE_CAPACITY")
        #expect(shown["keep-jobs"]?["value"] as? String == "3d")
        #expect(shown["keep-jobs"]?["source"] as? String == "\(file.name) line 3")
        #expect(shown["config"]?["source"] as? String == "environment DAGUERRE_CONFIG")
    }

    /// Guards the one place where a setting could be declared and then forgotten.
    @Test func everySettingIsTakenFromEachSource() throws {
        let values = [
            "host": "::1", "port": "1", "tls-certificate": "c.pem", "tls-key": "k.pem", "connections": "7",
            "connections-per-address": "3",
            "request-size": "3MiB", "drain-delay": "2s", "drain": "5s", "page": "false", "data": "d", "models": "m",
            "default-model": "x",
            "resident-models": "3", "batch": "4", "memory": "3GiB", "precision": "float32", "threads": "3",
            "previews-per-second": "2.5", "preview-decoder": "taesd", "max-images": "3",
            "max-steps": "3", "max-side": "512", "max-pixels": "9999", "hosts": "c.example", "metrics-open": "true",
            "public-address": "https://d.example",
            "model-aliases": "dall-e-3=x",
            "queue-capacity": "3", "keep-jobs": "2h", "keep-uploads": "3h",
            "require-keys": "true", "cors-origins": "https://a.example",
            "image-url-hosts": "b.example", "safety": "blur", "safety-checker": "s", "infotext": "false",
            "provenance": "false", "log-level": "debug", "log-format": "json", "log-prompts": "true",
        ]
        let file = try SettingsFile(values.map { "\($0): \"\($1)\"\n" }.joined())
        let variables = Dictionary(
            uniqueKeysWithValues: values.map {
                ("DAGUERRE_" + $0.uppercased().replacingOccurrences(of: "-", with: "_"), $1)
            })
        let all = try Set(printed().keys).subtracting(["config"])
        #expect(all == Set(values.keys))
        for shown in [
            try printed(values.flatMap { ["--\($0)", $1] }), try printed(environment: variables),
            try printed(["--config", file.path]),
        ] {
            for (name, value) in values {
                #expect(shown[name]?["source"] as? String != "default", "\(name)")
                let written = shown[name]?["value"].map { ($0 as? [String])?.joined(separator: ",") ?? "\($0)" } ?? ""
                let expected = ["true": "1", "false": "0"][value] ?? value
                #expect([value, expected].contains(written), "\(name) is \(written)")
            }
        }
    }

    @Test func flagsMayBeBareAndNegated() throws {
        #expect(try settings(["--log-prompts", "--port", "1"]).logPrompts)
        #expect(try settings(["--no-infotext"]).infotext == false)
        #expect(try settings(["--infotext=false"]).infotext == false)
        #expect(try settings(["--infotext", "false", "--log-prompts"]).infotext == false)
    }

    @Test func listsMayBeGivenWithCommasAndAgain() throws {
        let origins = ["https://a.example", "https://b.example", "https://c.example"]
        let given = ["--cors-origins", "https://a.example, https://b.example", "--cors-origins=https://c.example"]
        #expect(try settings(given).corsOrigins == origins)
        let file = try SettingsFile(
            "cors-origins:\n  - https://a.example\n  - https://b.example\n  - https://c.example")
        #expect(try settings(["--config", file.path]).corsOrigins == origins)
        #expect(try settings(environment: ["DAGUERRE_CORS_ORIGINS": ""]).corsOrigins.isEmpty)
    }

    @Test(arguments: [
        (["--prot", "1"], "--prot is no setting; did you mean --port?"),
        (["--zzzzzzzzzz", "1"], "--zzzzzzzzzz is no setting; daguerre serve --help lists them"),
        (["--port"], "--port needs a value: an integer from 0 to 65535"),
        (["--port", "--host", "x"], "--port needs a value"),
        (["7860"], "7860 is not expected"),
        (["--port", "70000"], "--port is 70000, expected an integer from 0 to 65535"),
        (["--port", "9223372036854775808"], "--port is 9223372036854775808, expected an integer"),
        (["--host", ""], "--host is empty, expected a text"),
        (["--keep-jobs", "nan"], "--keep-jobs is nan, expected a time from 1m to 3650d"),
        (["--keep-jobs", "1e400"], "--keep-jobs is 1e400, expected a time"),
        (["--memory", "1e300G"], "--memory is 1e300G, expected a size"),
        (["--memory", "12 parsecs"], "--memory is 12 parsecs, expected a size"),
        (["--safety", "of"], "--safety is of, expected one of off, blur, block"),
        (["--tls-key", "k.pem"], "tls-certificate and tls-key go together"),
        (["--host", "0.0.0.0", "--require-keys", "false"], "host is 0.0.0.0, which other machines can reach"),
        (["--safety-checker", "x"], "safety-checker is given and safety is off"),
        (["--cors-origins", "*"], "cors-origins: * is no origin"),
        (["--model-aliases", "a"], "--model-aliases is a, expected pairs such as name=model"),
        (["--model-aliases", "a=b,a=c"], "--model-aliases is a=b,a=c, expected pairs"),
        (["--json"], "--json goes with --print-config"),
        (["--config", "/nowhere/serve.yaml"], "serve.yaml cannot be read: No such file or directory"),
    ])
    func whatCannotBeIsRefusedWithTheReason(_ arguments: [String], _ message: String) {
        let refusal = refusal { _ = try request(arguments) }
        #expect(refusal.contains(message))
        #expect(!refusal.contains("/nowhere"))
    }

    @Test func aVariableOfTheEnvironmentThatIsNoSettingIsRefused() throws {
        let refusal = refusal { _ = try request(environment: ["DAGUERRE_PORTS": "1"]) }
        #expect(refusal.contains("DAGUERRE_PORTS is no setting; did you mean DAGUERRE_PORT?"))
        #expect(throws: Never.self) { _ = try request(environment: ["DAGUERRE_ONEDNN": "x", "PORT": "y"]) }
        let wrong = self.message { _ = try request(environment: ["DAGUERRE_PORT": "x"]) }
        #expect(wrong == "DAGUERRE_PORT is x, expected an integer from 0 to 65535")
    }

    private func message(_ body: () throws -> Void) -> String { refusal(body) }

    @Test(arguments: [
        ("host: ::1\nprot: 1\n", "line 2: prot is no setting; did you mean port?"),
        ("\n\nport: x\n", "line 3: port is x, expected an integer from 0 to 65535"),
        ("port: [1, 2]\n", "line 1: port is a list or a mapping, expected an integer"),
        ("port: {a: 1}\n", "line 1: port is a list or a mapping"),
        ("cors-origins: [{a: 1}]\n", "line 1: cors-origins is a list or a mapping, expected origins"),
        ("port: 1\nport: 2\n", "no YAML"),
        ("- port\n", "expected lines such as port: 7860"),
        ("port: \"\n", "no YAML"),
        ("config: other.yaml\n", "config is no setting"),
        ("[1, 2]: 3\n", "is no setting"),
    ])
    func aFileThatSaysWhatIsNoSettingIsRefusedWithItsLine(_ text: String, _ message: String) throws {
        let file = try SettingsFile(text)
        let refusal = refusal { _ = try request(["--config", file.path]) }
        #expect(refusal.hasPrefix(file.name), "\(refusal)")
        #expect(refusal.contains(message), "\(refusal)")
        #expect(!refusal.contains("\n"))
    }

    @Test func aFileMaySayNothing() throws {
        for text in ["", "# only a comment\n", "port:\nhost: ~\n"] {
            let file = try SettingsFile(text)
            #expect(try settings(["--config", file.path]).port == 7860)
        }
    }

    @Test func theFileOfTheUsersFolderIsReadIfItIsThere() throws {
        let home = URL(filePath: NSTemporaryDirectory()).appending(path: "daguerre-home-\(UUID().uuidString)")
        let folder = home.appending(path: ".config/daguerre")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        try "port: 1234".write(to: folder.appending(path: "serve.yaml"), atomically: false, encoding: .utf8)
        #expect(try settings(environment: ["HOME": home.path]).port == 1234)
        #expect(try settings(environment: ["HOME": home.path, "XDG_CONFIG_HOME": "/nowhere"]).port == 7860)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
        ("192.168.0.1", false), ("::", false), ("::ffff:10.0.0.1", false), ("example.org", false), ("1.127.0.0", false),
    ])
    func onlyLoopbackIsOpenWithoutKeys(_ host: String, _ isLoopback: Bool) throws {
        #expect(try settings(["--host", host]).isLoopback == isLoopback)
        #expect(try settings(["--host", host]).requireKeys == !isLoopback)
    }

    @Test(arguments: [
        ("512MiB", 512 << 20), ("512M", 512 << 20), ("1.5GiB", 3 << 29), ("67108864", 64 << 20), ("2 GiB", 2 << 30),
    ])
    func sizesAreReadAsPeopleWriteThem(_ text: String, _ bytes: Int) throws {
        #expect(try settings(["--memory", text]).memory == bytes)
    }

    @Test func oneAddressTakesAQuarterOfTheConnectionsUnlessItIsThisMachine() throws {
        func most(_ arguments: [String]) throws -> Int { try settings(arguments).gateway.bounds.connectionsPerAddress }
        #expect(try most([]) == 8192)
        #expect(try most(["--host", "0.0.0.0"]) == 2048)
        #expect(try most(["--host", "0.0.0.0", "--connections", "100"]) == 25)
        #expect(try most(["--host", "0.0.0.0", "--connections", "2"]) == 1)
        #expect(try most(["--host", "0.0.0.0", "--connections-per-address", "8192"]) == 8192)
        #expect(try most(["--connections-per-address", "7"]) == 7)
    }

    /// `docs/configuration.md` is made by `daguerre serve --print-config --describe`.
    @Test func theDocumentationIsThatOfTheTable() throws {
        guard case .print(let text) = try request(["--describe"]) else { throw CocoaError(.featureUnsupported) }
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/configuration.md")
        #expect(try String(contentsOf: file, encoding: .utf8) == text, "run daguerre serve --describe again")
    }
}
