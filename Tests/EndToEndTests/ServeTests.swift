import DaguerreImaging
import DaguerrePixels
import Foundation
import TestSupport
import Testing

@Suite struct ServeTests {
    private let tiny: [String: any Sendable] = [
        "prompt": "a red apple", "steps": 2, "width": 64, "height": 64, "seed": 7,
    ]
    /// Takes a while.
    private let long: [String: any Sendable] = [
        "prompt": "a rocket", "steps": 100, "width": 128, "height": 128, "seed": 3,
    ]
    /// Does not end before a test has done with it, on however slow or fast a machine: it has to be cancelled.
    private let endless: [String: any Sendable] = [
        "prompt": "a rocket", "steps": 150, "count": 16, "width": 256, "height": 256, "seed": 3,
    ]

    @Test func anImageIsTheOneThatGenerateDraws() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder)
        let answer = try await server.ask(
            "POST", "/v1/jobs?wait=true",
            json: [
                "prompt": "a purple cat", "negative_prompt": "a dog", "seed": 11, "steps": 3, "count": 2,
                "sampler": "DPM++ 2M Karras", "guidance_scale": 4, "width": 96, "height": 64,
            ])
        #expect(answer.status == 200)
        let images = try #require(try answer.json["images"] as? [[String: Any]])
        #expect(images.map { $0["seed"] as? Int } == [11, 12])
        let run = try await Run.daguerre(
            [
                "generate", "a purple cat", "--negative-prompt", "a dog", "--seed", "11", "--steps", "3", "--count",
                "2", "--sampler", "DPM++ 2M Karras", "--guidance", "4", "--width", "96", "--height", "64",
                "--threads", "1",
            ], in: folder)
        #expect(run.status == 0 && run.paths.count == 2)
        for (image, path) in zip(images, run.paths) {
            let url = try #require(image["url"] as? String)
            let file = try await server.ask("GET", url)
            #expect(file.status == 200 && file.headers["content-type"] == "image/png")
            let (drawn, expected) = (try PNG.decode(file.bytes), try folder.picture(path))
            #expect(drawn.image == expected.image)
            #expect(drawn.image.width == 96 && drawn.image.height == 64)
        }
    }

    /// Jobs that wait while another is drawn are drawn at once, and their files are those that they are alone.
    @Test func imagesThatAreDrawnAtOnceAreThoseThatAreDrawnAlone() async throws {
        var files: [[String]] = []
        for batch in ["1", "4"] {
            let folder = try Folder()
            defer { withExtendedLifetime(folder) {} }
            let server = try await RunningServer(folder, ["--batch", batch])
            let first = try await server.submit(long)
            try await server.begun(first)
            var jobs: [String] = []
            for (seed, prompt) in ["a red apple", "a blue car", "a green cat", "a purple rocket"].enumerated() {
                var body = tiny
                body["prompt"] = prompt
                body["seed"] = seed
                body["guidance_scale"] = 2 + seed
                jobs.append(try await server.submit(body))
            }
            var digests: [String] = []
            for job in jobs {
                let images = try #require(try await server.ended(job)["images"] as? [[String: Any]])
                digests += images.compactMap { $0["url"] as? String }
            }
            #expect(digests.count == 4)
            files.append(digests)
        }
        #expect(files[0] == files[1] && Set(files[0]).count == 4)
    }

    @Test func jobsOfAKilledServerAreDoneByTheNext() async throws {
        let folder = try Folder()
        var server = try await RunningServer(folder)
        let done = try await server.submit(tiny)
        let before = try await server.ended(done)
        let running = try await server.submit(endless)
        var waiting: [String] = []
        for seed in 1...3 { waiting.append(try await server.submit(tiny.merging(["seed": seed]) { $1 })) }
        try await server.begun(running)
        server.send(SIGKILL)
        #expect(try await server.end() == 128 + SIGKILL)

        server = try await RunningServer(folder)
        try await server.wait(for: "/v1/jobs/\(running)") { try $0.json["attempt"] as? Int == 2 }
        #expect(try await server.ask("DELETE", "/v1/jobs/\(running)").status == 200)
        #expect(try await server.ended(running)["state"] as? String == "cancelled")
        for job in waiting {
            let record = try await server.ended(job)
            #expect(record["state"] as? String == "succeeded")
            #expect((record["images"] as? [Any])?.count == 1)
        }
        let after = try await server.ended(done)
        #expect(NSDictionary(dictionary: after) == NSDictionary(dictionary: before))
    }

    @Test func aServerThatIsAskedToEndFinishesWhatClientsWaitFor() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder, ["--drain-delay", "1s"])
        #expect(try await server.ask("GET", "/livez").status == 200)
        try await server.wait(for: "/startupz") { $0.status == 200 }
        #expect(try await server.ask("GET", "/readyz").status == 200)
        async let waiting = server.ask("POST", "/v1/jobs?wait=true", json: long)
        // It may have ended by the time that it is seen.
        try await server.wait(for: "/v1/jobs?state=running,succeeded") { answer in
            (try answer.json["data"] as? [Any] ?? []).isEmpty == false
        }
        server.send(SIGTERM)
        try await Task.sleep(for: .milliseconds(300))
        let ready = try await server.ask("GET", "/readyz")
        #expect(ready.status == 503)
        #expect(try await server.ask("GET", "/livez").status == 200)
        let answer = try await waiting
        #expect(answer.status == 200)
        #expect(try answer.json["state"] as? String == "succeeded")
        #expect(try await server.end() == 0)
    }

    @Test func whatDoesNotEndInTimeIsGivenBackAndBegunByTheNext() async throws {
        let folder = try Folder()
        var server = try await RunningServer(folder, ["--drain", "0s"])
        let job = try await server.submit(endless)
        try await server.begun(job)
        server.send(SIGTERM)
        #expect(try await server.end() == 0)
        server = try await RunningServer(folder)
        try await server.wait(for: "/v1/jobs/\(job)") { try $0.json["attempt"] as? Int == 2 }
        #expect(try await server.ask("DELETE", "/v1/jobs/\(job)").status == 200)
        #expect(try await server.ended(job)["state"] as? String == "cancelled")
    }

    @Test func aSecondSignalEndsItAtOnce() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder, ["--drain", "1h"])
        try await server.begun(try await server.submit(endless))
        server.send(SIGTERM)
        try await Task.sleep(for: .milliseconds(200))
        server.send(SIGTERM)
        #expect(try await server.end() == 128 + SIGTERM)
    }

    @Test func aDataFolderHasOneServer() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder)
        let other = try await Run.daguerre(["serve", "--data", "data", "--port", "0"], in: folder)
        #expect(other.status == 1)
        #expect(other.errors.contains("the data folder is in use by another daguerre"))
        #expect(try await server.ask("GET", "/livez").status == 200)
    }

    @Test func aPortHasOneServer() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder)
        let port = try #require(server.address.split(separator: ":").last).description
        let other = try await Run.daguerre(["serve", "--data", "other", "--port", port], in: folder)
        #expect(other.status == 1)
        #expect(other.errors.contains("http://127.0.0.1:\(port) cannot be listened on: Address already in use"))
    }

    @Test func withTLSFilesThatCannotBeUsedItDoesNotStart() async throws {
        let folder = try Folder()
        try Data("no key".utf8).write(to: folder.url.appending(path: "key.pem"))
        for (name, reason) in [
            ("none.pem", "No such file or directory"), ("key.pem", "it holds no certificate in PEM"),
        ] {
            let run = try await Run.daguerre(
                ["serve", "--data", "data", "--port", "0", "--tls-certificate", name, "--tls-key", "key.pem"],
                in: folder)
            #expect(run.status == 2 && run.output.isEmpty)
            #expect(
                run.errors.hasPrefix("daguerre: error: tls-certificate is \(name), which cannot be used: \(reason)"))
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
    }

    @Test func withASafetyPolicyAndNoCheckerItDoesNotStart() async throws {
        let folder = try Folder()
        for arguments in [["--safety", "block"], ["--safety", "blur", "--safety-checker", "nowhere"]] {
            let run = try await Run.daguerre(["serve", "--data", "data", "--port", "0"] + arguments, in: folder)
            #expect(run.status == 2 && run.output.isEmpty)
            #expect(run.errors.contains("safety is \(arguments[1]) and there is no safety checker to judge by"))
        }
    }

    @Test func aModelThatIsNotThereIsNotReplacedByAnother() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(
            ["serve", "--data", "data", "--port", "0", "--default-model", "bultin"], in: folder)
        #expect(run.status == 2)
        #expect(run.errors.contains("default-model is bultin, which is no model of the models folder"))
        #expect(run.errors.contains("did you mean builtin?"))
    }

    @Test func aModelsFolderThatIsNotThereIsSaidInOneLine() async throws {
        let folder = try Folder()
        let run = try await Run.daguerre(
            ["serve", "--data", "data", "--port", "0", "--models", "nowhere/at-all"], in: folder)
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.contains("the models folder at-all cannot be read: No such file or directory; make it"))
        #expect(run.errors.split(separator: "\n").count == 1 && !run.errors.contains("nowhere/at-all"))
    }

    @Test func promptsAreLoggedWhereThatIsAskedFor() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder, ["--log-prompts"])
        var body = tiny
        body["prompt"] = "a red\napple\u{2028}" + String(repeating: "e\u{301}", count: 1000)
        body["negative_prompt"] = "a pear\r\n{\"level\":\"forged\"}"
        #expect(try await server.ask("POST", "/v1/jobs?wait=true", json: body).status == 200)
        server.send(SIGTERM)
        #expect(try await server.end() == 0)
        let lines = try server.log.split(separator: "\n").map { try jsonObject(String($0)) }
        let begins = lines.filter { $0["message"] as? String == "a job begins" }
        #expect(begins.count == 1)
        let prompt = try #require(begins.first?["prompt"] as? String)
        #expect(prompt.hasPrefix("a red\u{FFFD}apple\u{FFFD}e\u{301}") && prompt.hasSuffix("…"))
        #expect(prompt.unicodeScalars.count == 1001)
        #expect(begins.first?["negative_prompt"] as? String == "a pear\u{FFFD}\u{FFFD}{\"level\":\"forged\"}")
    }

    /// A server whose operator turns a safety policy on.
    @Test func whatWasDrawnBeforeThereWasAPolicyIsKeptBack() async throws {
        let folder = try Folder()
        var server = try await RunningServer(folder)
        let drawn = try await server.ask("POST", "/v1/jobs?wait=true", json: tiny).json
        let url = try #require((drawn["images"] as? [[String: Any]])?.first?["url"] as? String)
        #expect(try await server.ask("GET", url).status == 200)
        server.send(SIGTERM)
        #expect(try await server.end() == 0)

        server = try await RunningServer(
            folder, ["--safety", "block", "--safety-checker", Fixture.path("pictures/safety-checker")])
        let answer = try await server.ask("GET", url)
        #expect(answer.status == 404)
        #expect(try (answer.json["detail"] as? String)?.contains("safety policy") == true)
        #expect(server.log.contains("while safety was off are kept back"))
        server.send(SIGTERM)
        #expect(try await server.end() == 0)
    }

    @Test func logsAreLinesOfJSONWithoutPrompts() async throws {
        let folder = try Folder()
        let server = try await RunningServer(folder, ["--log-level", "trace"])
        let answer = try await server.ask(
            "POST", "/v1/jobs?wait=true", json: tiny, headers: ["X-Request-ID": "request-of-the-test"])
        #expect(answer.status == 200)
        server.send(SIGTERM)
        #expect(try await server.end() == 0)
        let lines = server.log.split(separator: "\n")
        #expect(lines.count > 2)
        for line in lines { #expect(try jsonObject(String(line))["level"] is String) }
        #expect(server.log.contains("request-of-the-test"))
        #expect(!server.log.contains("apple"))
    }
}
