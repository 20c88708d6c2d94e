import DaguerreGateway
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct DoorTests {
    @Test func aKeyIsTakenInThreeFormsAndNoOther() async throws {
        try await asking(keys: FixedKeys()) { client, _ async throws in
            let apiKey = HTTPField.Name("X-API-Key") ?? .userAgent
            // "anyone:sd_anna"
            let good: [HTTPFields] = [
                [.authorization: "Bearer sd_anna"], [.authorization: "bearer   sd_anna"],
                [.authorization: "Basic YW55b25lOnNkX2FubmE="], [apiKey: "sd_anna"],
            ]
            for headers in good {
                #expect(try await client.ask(.get, "/v1/jobs", headers: headers).status == .ok, "\(headers)")
            }
            let bad: [HTTPFields] = [
                [:], [.authorization: "Bearer sd_nobody"], [.authorization: "Bearer"], [.authorization: "Bearer "],
                [.authorization: "Basic !!!"], [.authorization: "Basic c2RfYW5uYQ=="], [.authorization: "sd_anna"],
                [.authorization: "Digest sd_anna"], [apiKey: ""],
            ]
            for headers in bad {
                let answer = try await client.ask(.get, "/v1/jobs", headers: headers)
                #expect(answer.status == .unauthorized, "\(headers)")
                #expect(answer.headers[.wwwAuthenticate] != nil)
            }
        }
    }

    @Test func everyRouteButTheOpenOnesAsksForAKey() async throws {
        let server = StubServer()
        let gateway = Gateway(service: server.service, keys: FixedKeys(), logger: silent)
        let open: Set = ["/livez", "/startupz", "/readyz", "/openapi.json"]
        #expect(gateway.routes.count > 15)
        try await asking(keys: FixedKeys()) { client, _ async throws in
            for route in gateway.routes where !open.contains(route.path) {
                let path = route.path.replacing("{id}", with: "x").replacing("{digest}", with: "x")
                let answer = try await client.ask(route.method, path)
                #expect(answer.status == .unauthorized, "\(route.method) \(route.path)")
            }
        }
    }

    @Test func scopesAllowWhatTheySay() async throws {
        try await asking(keys: FixedKeys()) { client, _ async throws in
            #expect(try await client.ask(.post, "/v1/models/refresh", key: "sd_anna").status == .forbidden)
            #expect(try await client.ask(.post, "/v1/models/refresh", key: "sd_mona").status == .ok)
            #expect(try await client.ask(.get, "/metrics", key: "sd_mona").status == .forbidden)
            #expect(try await client.ask(.get, "/metrics", key: "sd_root").status == .ok)
        }
    }

    @Test func whoAsksTooOftenIsToldWhenToComeBackAndOthersAreNot() async throws {
        try await asking(keys: FixedKeys(requests: 2)) { client, _ async throws in
            for _ in 0..<2 { #expect(try await client.ask(.get, "/v1/jobs", key: "sd_anna").status == .ok) }
            let third = try await client.ask(.get, "/v1/jobs", key: "sd_anna")
            #expect(third.status == .tooManyRequests)
            // The time itself, or a little more.
            #expect(["7", "8"].contains(third.headers[.retryAfter]))
            #expect(try await client.ask(.get, "/v1/jobs", key: "sd_bert").status == .ok)
        }
    }

    @Test func pagesOfOtherOriginsCannotChangeAnything() async throws {
        try await asking { client, server async throws in
            let body = #"{"prompt":"x"}"#
            for origin in ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:1"] {
                let answer = try await client.ask(.post, "/v1/jobs", body, headers: [.origin: origin])
                #expect(answer.status == .forbidden, "\(origin)")
            }
            #expect(
                try await client.ask(.post, "/v1/jobs", body, headers: [.origin: "http://localhost"]).status
                    == .accepted)
            let read = try await client.ask(.get, "/v1/jobs", headers: [.origin: "https://evil.example"])
            #expect(read.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func onlyAllowedOriginsMayReadAnswers() async throws {
        var configuration = GatewayConfiguration()
        configuration.allowedOrigins = ["https://friend.example"]
        try await asking(configuration: configuration) { client, _ async throws in
            let origin: HTTPFields = [.origin: "https://friend.example"]
            let answer = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x"}"#, headers: origin)
            #expect(answer.status == .accepted)
            #expect(answer.headers[.accessControlAllowOrigin] == "https://friend.example")
            var preflight = origin
            preflight[.accessControlRequestMethod] = "POST"
            let allowed = try await client.ask(.options, "/v1/jobs", headers: preflight)
            #expect(allowed.status == .noContent)
            #expect(allowed.headers[.accessControlAllowMethods] == "POST")
            preflight[.origin] = "https://other.example"
            #expect(
                try await client.ask(.options, "/v1/jobs", headers: preflight).headers[.accessControlAllowOrigin] == nil
            )
        }
    }

    @Test func otherMethodsAreRefusedByName() async throws {
        try await asking { client, _ async throws in
            let answer = try await client.ask(.patch, "/v1/jobs")
            #expect(answer.status == .methodNotAllowed)
            #expect(answer.headers[.allow] == "GET, HEAD, OPTIONS, POST")
            #expect(try await client.ask(.get, "/v1/nothing").status == .notFound)
            #expect(try await client.ask(.get, "/v1/nothing").headers[.contentType] == "application/problem+json")
        }
    }

    @Test func requestsAreCalledAsTheirClientsCallThemIfALogCanShowIt() async throws {
        try await asking { client, _ async throws in
            let name = HTTPField.Name("X-Request-ID") ?? .userAgent
            #expect(try await client.ask(.get, "/livez", headers: [name: "abc-1.2_3"]).headers[name] == "abc-1.2_3")
            for bad in ["a b", "ä", String(repeating: "x", count: 65), "<script>", ""] {
                let given = try await client.ask(.get, "/livez", headers: [name: bad]).headers[name]
                #expect(given != bad)
                #expect(given?.count == 16)
            }
        }
    }
}
