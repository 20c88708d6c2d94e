import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import Testing

/// The request that a job came with is in its record, whichever interface it came by.
@Suite(.timeLimit(.minutes(1))) struct TraceTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c", span = "b7ad6b7169203331"
    private static let parent = "00-\(trace)-\(span)-01"

    private func headers(_ parent: String, _ request: String) throws -> HTTPFields {
        [try #require(.init("traceparent")): parent, try #require(.init("X-Request-ID")): request]
    }

    @Test(arguments: [
        ("/v1/jobs", #"{"prompt":"x"}"#), ("/v1/images/generations", #"{"prompt":"x"}"#),
        ("/sdapi/v1/txt2img", #"{"prompt":"x"}"#), ("/generate?prompt=x", "{}"),
    ])
    func aSubmissionsTraceReachesTheRecordAndIsShown(_ path: String, _ body: String) async throws {
        try await asking { client, server async throws in
            let answer = try await client.ask(.post, path, body, headers: headers(Self.parent, "their.id-7"))
            #expect((200..<300).contains(answer.status.code))
            let job = try #require(try await server.service.jobs(of: .local).first)
            #expect(job.trace == JobTrace(requestID: "their.id-7", traceID: Self.trace, parentID: Self.span))
            let shown = try await client.ask(.get, "/v1/jobs/\(job.id)").json
            #expect(shown["trace"]?["request_id"]?.text == "their.id-7")
            #expect(shown["trace"]?["trace_id"]?.text == Self.trace)
            #expect(shown["trace"]?["parent_span_id"]?.text == Self.span)
        }
    }

    /// What no log could show is as if it were not there; the request is called what its answer says.
    @Test func aHostileTraceIsNone() async throws {
        try await asking { client, server async throws in
            let parent = "00-\(Self.trace)-\(Self.span)-01\"\r\nforged"
            let answer = try await client.ask(
                .post, "/v1/jobs", #"{"prompt":"x"}"#, headers: headers(parent, "two words"))
            let job = try #require(try await server.service.jobs(of: .local).first)
            #expect(job.trace == JobTrace(requestID: answer.headers[try #require(.init("X-Request-ID"))] ?? ""))
            #expect(job.trace?.requestID.contains(" ") == false && job.trace?.requestID.isEmpty == false)
        }
    }

    @Test func whatComesByAWebSocketIsOfItsHandshakesTrace() async throws {
        try await serving { port, server async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade("traceparent: \(Self.parent)\r\nX-Request-ID: socket\r\n")
                await connection.say(#"{"type":"submit","id":"a","request":{"prompt":"x"}}"#)
                let accepted = try await connection.hear()
                #expect(accepted["job"]?["trace"]?["request_id"]?.text == "socket")
                #expect(accepted["job"]?["trace"]?["trace_id"]?.text == Self.trace)
            }
        }
    }
}
