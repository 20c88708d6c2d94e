import Foundation
import Testing

@Suite struct KeysTests {
    /// What `daguerre keys` with `arguments` says of the data folder of `folder`.
    private func keys(_ arguments: [String], _ folder: Folder) async throws -> Run {
        try await Run.daguerre(["keys"] + arguments + ["--data", "data"], in: folder)
    }

    @Test func otherMachinesAreServedWithKeysOnly() async throws {
        let folder = try Folder()
        let refused = try await Run.daguerre(
            ["serve", "--data", "data", "--port", "0", "--host", "0.0.0.0"], in: folder)
        #expect(refused.status == 2)
        #expect(refused.errors.contains("host is 0.0.0.0, which other machines can reach, and there is no API key"))

        let token = try await keys(["add", "studio"], folder).output.trimmingCharacters(in: .newlines)
        #expect(token.wholeMatch(of: /sd_[a-z0-9]{8}_[A-Za-z0-9_-]{43}/) != nil)
        let server = try await RunningServer(folder, ["--host", "0.0.0.0"])
        #expect(try await server.ask("GET", "/v1/jobs").status == 401)
        #expect(try await server.ask("GET", "/v1/jobs", headers: ["X-API-Key": token + "x"]).status == 401)
        #expect(try await server.ask("GET", "/v1/jobs", headers: ["X-API-Key": token]).status == 200)
        #expect(try await server.ask("GET", "/livez").status == 200)
    }

    @Test func keysAreMadeAndRevokedBesideARunningServer() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder, ["--require-keys"])
        let made = try await keys(["add", "intern", "--scope", "admin", "--unfinished-jobs", "2", "--json"], folder)
        let key = try jsonObject(made.output)
        let (id, token) = (try #require(key["id"] as? String), try #require(key["key"] as? String))
        let bearer = ["Authorization": "Bearer \(token)"]
        #expect(try await server.ask("GET", "/v1/jobs", headers: bearer).status == 200)

        let listed = try await keys(["list"], folder).output
        #expect(listed.contains(id) && listed.contains("intern") && listed.contains("admin"))
        #expect(listed.contains("2 jobs at once") && !listed.contains(token))

        let path = "/v1/jobs?wait=false"
        #expect(try await server.ask("POST", path, json: ["prompt": "x", "steps": 1], headers: bearer).status == 202)
        // Answered when the stream ends, which without the revocation it does not.
        async let stream = server.ask("GET", "/v1/events", headers: bearer)
        try await Task.sleep(for: .milliseconds(300))

        #expect(try await keys(["revoke", id], folder).status == 0)
        let revoked = ContinuousClock().now
        #expect(try await stream.status == 200)
        #expect(ContinuousClock().now - revoked < .seconds(5))
        #expect(try await keys(["revoke", id], folder).status == 2)
        #expect(try await keys(["list"], folder).output.contains("revoked"))
        try await Task.sleep(for: .milliseconds(1200))
        #expect(try await server.ask("GET", "/v1/jobs", headers: bearer).status == 401)
    }

    @Test(arguments: [
        (["add", ""], "a key cannot be called"),
        (["add", "x", "--unfinished-jobs", "0"], "unfinished jobs: 0 is not a number from 1"),
        (["add", "x", "--requests-per-minute", "-1"], "requests per minute: -1.0 is not a number above 0"),
        (["add", "x", "--scope", "root"], "The value 'root' is invalid"),
        (["revoke", "nobody"], "there is no key nobody"),
    ])
    func whatCannotBeIsRefused(_ arguments: [String], _ message: String) async throws {
        let run = try await keys(arguments, try Folder())
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.contains(message), "\(run.errors)")
    }
}
