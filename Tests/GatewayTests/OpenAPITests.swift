import DaguerreGateway
import DaguerreJobs
import FoundationEssentials
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

/// The description of the native interface says what the routes do, and the other way round.
@Suite struct OpenAPITests {
    private func document() async throws -> JSONTree {
        try await asking { client, _ async throws in try await client.ask(.get, "/openapi.json").json }
    }

    @Test func everyRouteIsDescribedAndEveryDescriptionIsARoute() async throws {
        var configuration = GatewayConfiguration()
        configuration.interfaces = []
        let gateway = Gateway(
            service: StubServer().service, keys: nil, configuration: configuration, logger: silent)
        let routes = Set(gateway.routes.map { $0.method.rawValue + " " + $0.path })
        var described: Set<String> = []
        for (path, item) in try #require(try await document()["paths"]?.object) {
            for method in try #require(item.object).keys { described.insert(method.uppercased() + " " + path) }
        }
        #expect(routes == described)
    }

    @Test func answersAreAsTheyAreDescribed() async throws {
        let schemas = JSONSchemas(document: try await document())
        var drawing = StubServer.Drawing()
        drawing.outcomes = [
            "fail": .failed(JobFailure(.outOfMemory, "it does not fit")),
            "block": .blocked([SafetyRecord(.blocked, concepts: [3])], JobUsage(stages: [], steps: 4, peakBytes: 1)),
            "part": StubServer.partlyWithheld(),
        ]
        try await asking(drawing) { client, server async throws in
            let full = """
                {"prompt":"x","negative_prompt":"y","steps":2,"count":2,"width":64,"height":64,"sampler":"euler","seed":1,
                "loras":[{"name":"ink"}],"hires":{"scale":2},"output":{"format":"png"},"priority":"high",
                "variation":{"seed":2,"strength":0.5},"conditions":{"original_size":{"width":1,"height":1}},
                "noise":{"eta":1},"refiner":{"model":"other model"},"deadline_seconds":60}
                """
            var seen: [(name: String, answer: TestResponse)] = []
            for body in [full, #"{"prompt":"fail"}"#, #"{"prompt":"block"}"#, #"{"prompt":"part"}"#] {
                seen.append(("Job", try await client.ask(.post, "/v1/jobs?wait=true", body)))
            }
            let id = try #require(try seen[0].answer.json["id"]?.text)
            for path in ["/v1/jobs/" + id, "/v1/jobs/\(id)/cancel"] {
                seen.append(("Job", try await client.ask(path.hasSuffix("l") ? .post : .get, path)))
            }
            seen.append(("JobList", try await client.ask(.get, "/v1/jobs?limit=2")))
            seen.append(("ModelList", try await client.ask(.get, "/v1/models")))
            seen.append(("Model", try await client.ask(.get, "/v1/models/other%20model")))
            seen.append(("ModelList", try await client.ask(.post, "/v1/models/refresh")))
            seen.append(("AdapterList", try await client.ask(.get, "/v1/adapters")))
            seen.append(("Options", try await client.ask(.get, "/v1/options")))
            seen.append(
                (
                    "Upload",
                    try await client.executeRequest(
                        uri: "/v1/uploads", method: .post, headers: [.contentType: "image/png"],
                        body: ByteBuffer(bytes: try StubServer.picture(16, 16, 1)))
                ))
            for (path, status) in [("/v1/jobs/x", 404), ("/v1/jobs?limit=x", 400), ("/v1/ws", 426), ("/nothing", 404)] {
                let answer = try await client.ask(.get, path)
                #expect(answer.status.code == status)
                seen.append(("Problem", answer))
            }
            seen.append(("Problem", try await client.ask(.post, "/v1/jobs", #"{"prompt":1}"#)))
            for (name, answer) in seen {
                let found = try schemas.faults(of: answer.json, against: name)
                #expect(found.isEmpty, "\(name): \(found)")
            }

            let events = try await client.ask(.get, "/v1/jobs/\(id)/events")
            for line in String(buffer: events.body).split(separator: "\n") where line.hasPrefix("data: ") {
                let found = schemas.faults(of: try JSONTree(bytes: Array(line.dropFirst(6).utf8)), against: "Job")
                #expect(found.isEmpty, "\(found)")
            }
        }
    }

    @Test func theLimitsThatAreDescribedAreThoseOfAServerThatWasToldNothing() async throws {
        let document = try await document()
        let limits = RequestLimits()
        let fields = try #require(document["components"]?["schemas"]?["JobRequest"]?["properties"])
        #expect(fields["count"]?["maximum"]?.number == Double(limits.count))
        #expect(fields["steps"]?["maximum"]?.number == Double(limits.steps))
        #expect(fields["width"]?["minimum"]?.number == Double(limits.sides.lowerBound))
        #expect(fields["width"]?["maximum"]?.number == Double(limits.sides.upperBound))
        #expect(fields["prompt"]?["maxLength"]?.number == Double(limits.promptBytes))
        #expect(fields["guidance_scale"]?["maximum"]?.number == limits.guidanceScale)
        #expect(fields["loras"]?["maxItems"]?.number == Double(limits.loras))
        #expect(fields["controls"]?["maxItems"]?.number == Double(limits.controls))
    }

    /// The validator itself, on what it must find.
    @Test func theValidatorFindsWhatIsWrong() async throws {
        let schemas = JSONSchemas(document: try await document())
        for (text, name) in [
            (#"{"prompt":"x","steps":0}"#, "JobRequest"), (#"{"prompt":"x","more":1}"#, "JobRequest"),
            ("{}", "JobRequest"),
            (#"{"prompt":"x","width":65}"#, "JobRequest"), (#"{"prompt":"x","loras":[{"weight":1}]}"#, "JobRequest"),
            (#"{"prompt":"x","output":{"format":"tiff"}}"#, "JobRequest"), (#"{"prompt":["x"]}"#, "JobRequest"),
            (#"{"object":"lists","data":[]}"#, "JobList"), (#"{"object":"list","data":[],"next":"x"}"#, "JobList"),
        ] {
            #expect(!schemas.faults(of: try JSONTree(bytes: Array(text.utf8)), against: name).isEmpty, "\(text)")
        }
        #expect(
            schemas.faults(of: try JSONTree(bytes: Array(#"{"prompt":"x","seed":null}"#.utf8)), against: "JobRequest")
                .isEmpty)
    }
}
