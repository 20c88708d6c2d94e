import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct JobRouteTests {
    @Test func aSubmittedJobIsAcceptedWithItsAddressAndFoundThere() async throws {
        try await asking { client, _ async throws in
            let answer = try await client.ask(.post, "/v1/jobs", #"{"prompt":"an apple","steps":3}"#)
            #expect(answer.status == .accepted)
            let id = try #require(try answer.json["id"]?.text)
            #expect(answer.headers[.location] == "/v1/jobs/" + id)
            let job = try await client.ask(.get, "/v1/jobs/" + id).json
            #expect(job["id"]?.text == id)
            #expect(job["request"]?["prompt"]?.text == "an apple")
            #expect(job["request"]?["model"]?.text == "builtin")
            #expect(job["request"]?["seed"]?.number != nil)
        }
    }

    @Test func aClientThatWaitsGetsTheEndedJobWithImagesThatAreServed() async throws {
        try await asking { client, _ async throws in
            let answer = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"x","count":2,"seed":7}"#)
            #expect(answer.status == .ok)
            let job = try answer.json
            #expect(job["state"]?.text == "succeeded")
            #expect(job["images"]?.list?.count == 2)
            #expect(job["images"]?[1]?["seed"]?.number == 8)
            #expect(job["usage"]?["steps"]?.number == 4)
            let url = try #require(job["images"]?[0]?["url"]?.text)
            let image = try await client.ask(.get, url)
            #expect(image.status == .ok)
            #expect(image.headers[.contentType] == "image/png")
        }
    }

    @Test func aWaitThatIsOverTellsWhereToLookOn() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await asking(drawing) { client, _ async throws in
            let answer = try await client.ask(.post, "/v1/jobs?wait=0.05", #"{"prompt":"x"}"#)
            #expect(answer.status == .accepted)
            #expect(try answer.json["state"]?.text == "queued")
            #expect(try answer.json["position"]?.number == 0)
        }
    }

    @Test(arguments: ["", "yes", "-1", "1e3", "1000", "nan", "inf", "0x10", "1..2", "99999999999999999999"])
    func aWaitThatIsNoneIsRefusedAndNothingIsAccepted(wait: String) async throws {
        try await asking { client, server async throws in
            let answer = try await client.ask(.post, "/v1/jobs?wait=" + wait, #"{"prompt":"x"}"#)
            #expect(answer.status == .badRequest)
            #expect(try await server.service.jobs(of: .local).isEmpty)
        }
    }

    @Test func outcomesOtherThanImagesAreShownAsTheyAre() async throws {
        var drawing = StubServer.Drawing()
        drawing.outcomes = [
            "fail": .failed(JobFailure(.outOfMemory, "it does not fit")),
            "block": .blocked([SafetyRecord(.blocked, concepts: [3])], JobUsage(stages: [], steps: 4, peakBytes: 1)),
            "part": StubServer.partlyWithheld(),
        ]
        try await asking(drawing) { client, _ async throws in
            let failed = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"fail"}"#).json
            #expect(failed["state"]?.text == "failed")
            #expect(failed["failure"]?["code"]?.text == "out_of_memory")
            let blocked = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"block"}"#).json
            #expect(blocked["state"]?.text == "blocked")
            #expect(blocked["safety"]?[0]?["concepts"] == .list([.number(3)]))
            let part = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"part","count":3}"#).json
            #expect(part["state"]?.text == "succeeded" && part["images"]?[1]?["seed"]?.number == 7)
            #expect((0..<3).map { part["safety"]?[$0]?["action"]?.text } == ["passed", "blocked", "blurred"])
            #expect(part["safety"]?[1]?["concepts"] == .list([.number(3), .number(9)]) && part["safety"]?[3] == nil)
            let plain = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"x"}"#).json
            #expect(plain["state"]?.text == "succeeded" && plain["safety"] == nil)
        }
    }

    @Test func theSameIdempotencyKeyIsTheSameJobUnlessTheBodyDiffers() async throws {
        try await asking { client, _ async throws in
            let key: HTTPFields = [HTTPField.Name("Idempotency-Key") ?? .userAgent: "k1"]
            let first = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x"}"#, headers: key)
            let again = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x"}"#, headers: key)
            #expect(try first.json["id"] == again.json["id"])
            #expect(again.headers[HTTPField.Name("Idempotent-Replayed") ?? .userAgent] == "true")
            let other = try await client.ask(.post, "/v1/jobs", #"{"prompt":"y"}"#, headers: key)
            #expect(other.status == .unprocessableContent)
            #expect(try other.json["code"]?.text == "idempotency_conflict")
        }
    }

    /// Each body with the field that the refusal names.
    @Test(arguments: [
        (#"{"prompt":"x","wdith":64}"#, "wdith"), (#"{"prompt":"x","width":63}"#, "width"),
        (#"{"prompt":"x","steps":"many"}"#, "steps"), (#"{"prompt":"x","model":"none"}"#, "model"),
        (#"{"prompt":"x <lora:none:1>"}"#, "prompt"), (#"{"prompt":"x","loras":[{"name":"none"}]}"#, "loras[0].name"),
        (#"{"prompt":"x","controls":[{"model":"edges"}]}"#, "controls[0].image"), (#"{}"#, "prompt"), ("[]", "body"),
        (#"{"prompt":"x","priority":"highest"}"#, "priority"),
        (#"{"prompt":"x","deadline_seconds":0}"#, "deadline_seconds"),
        (#"{"prompt":"x","image":{"upload":"\#(String(repeating: "a", count: 64))"}}"#, "image.upload"),
        (#"{"prompt":"x","image":{"upload":"../../etc/passwd"}}"#, "image.upload"),
        (#"{"prompt":"x","output":{"format":"tiff"}}"#, "output.format"), (#"{"prompt":"x","vae":"../soft"}"#, "vae"),
    ])
    func whatCannotBeDoneIsRefusedByTheNameOfItsField(body: String, field: String) async throws {
        try await asking { client, server async throws in
            let answer = try await client.ask(.post, "/v1/jobs", body)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(try answer.json["field"]?.text == field)
            #expect(try await server.service.jobs(of: .local).isEmpty)
        }
    }

    @Test func anotherOwnersJobIsNotThere() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await asking(drawing, keys: FixedKeys()) { client, _ async throws in
            let job = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x"}"#, key: "sd_anna").json
            let path = "/v1/jobs/" + (try #require(job["id"]?.text))
            for (method, path) in [
                (HTTPRequest.Method.get, path), (.delete, path), (.post, path + "/cancel"), (.get, path + "/events"),
            ] {
                let answer = try await client.ask(method, path, key: "sd_bert")
                #expect(answer.status == .notFound, "\(method) \(path)")
            }
            #expect(try await client.ask(.get, "/v1/jobs", key: "sd_bert").json["data"] == .list([]))
            #expect(try await client.ask(.get, path, key: "sd_anna").json["state"]?.text == "queued")
            #expect(try await client.ask(.get, path, key: "sd_root").status == .ok)
        }
    }

    @Test func aListComesInPagesNewestFirst() async throws {
        try await asking { client, _ async throws in
            var ids: [String] = []
            for _ in 0..<5 {
                let job = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"x","steps":1}"#).json
                ids.append(try #require(job["id"]?.text))
            }
            var seen: [String] = []
            var path = "/v1/jobs?limit=2"
            for _ in 0..<3 {
                let page = try await client.ask(.get, path).json
                seen += (page["data"]?.list ?? []).compactMap { $0["id"]?.text }
                guard let next = page["next"]?.text else { break }
                path = "/v1/jobs?limit=2&before=" + next
            }
            #expect(seen == ids.reversed())
            #expect(try await client.ask(.get, "/v1/jobs?state=queued,running").json["data"] == .list([]))
        }
    }

    @Test(arguments: [
        "/v1/jobs?limit=0", "/v1/jobs?limit=x", "/v1/jobs?before=job_1", "/v1/jobs?state=done", "/v1/jobs?state=",
        "/v1/jobs?state=queued,",
    ])
    func aListThatCannotBeIsRefused(path: String) async throws {
        try await asking { client, _ async throws in #expect(try await client.ask(.get, path).status == .badRequest) }
    }

    @Test func aWaitingJobIsCancelledAtOnceAndStaysSo() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await asking(drawing) { client, _ async throws in
            let job = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x"}"#).json
            let path = "/v1/jobs/" + (try #require(job["id"]?.text))
            #expect(try await client.ask(.post, path + "/cancel").json["state"]?.text == "cancelled")
            let again = try await client.ask(.delete, path)
            #expect(again.status == .ok)
            #expect(try again.json["state"]?.text == "cancelled")
        }
    }

    @Test func aFullQueueSaysWhenToComeBack() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await asking(drawing, capacity: 2) { client, _ async throws in
            var last: TestResponse?
            for _ in 0..<3 { last = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x"}"#) }
            #expect(last?.status == .tooManyRequests)
            #expect((last?.headers[.retryAfter]).flatMap { Int($0) } ?? 0 >= 1)
        }
    }

    @Test func otherKindsOfBodiesAreNotRead() async throws {
        try await asking { client, _ async throws in
            let answer = try await client.ask(
                .post, "/v1/jobs", "prompt=x", headers: [.contentType: "application/x-www-form-urlencoded"])
            #expect(answer.status == .unsupportedMediaType)
        }
    }
}
