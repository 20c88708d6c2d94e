import DaguerreGateway
import DaguerreJobs
import FoundationEssentials
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventRouteTests {
    private struct Event {
        let id: Int64?
        let kind: String
        let data: JSONTree
    }

    private func events(_ text: String) throws -> [Event] {
        try text.components(separatedBy: "\n\n").compactMap { block in
            var fields: [String: String] = [:]
            for line in block.split(separator: "\n") where !line.hasPrefix(":") {
                let parts = line.split(separator: ":", maxSplits: 1)
                fields[String(parts[0])] = parts.count > 1 ? String(parts[1].dropFirst()) : ""
            }
            guard let kind = fields["event"] else { return nil }
            return Event(
                id: fields["id"].flatMap { Int64($0) }, kind: kind,
                data: try JSONTree(bytes: Array((fields["data"] ?? "").utf8)))
        }
    }

    @Test func aJobsEventsAreNumberedAndEndWithIt() async throws {
        try await asking { client, _ async throws in
            let job = try await client.ask(.post, "/v1/jobs", #"{"prompt":"x","steps":8,"previews":true}"#).json
            let path = "/v1/jobs/\(job["id"]?.text ?? "")/events"
            let answer = try await client.ask(.get, path)
            #expect(answer.headers[.contentType] == "text/event-stream")
            let all = try events(String(buffer: answer.body))
            let ids = all.compactMap(\.id)
            #expect(ids.count == all.count)
            #expect(ids == ids.sorted() && Set(ids).count == ids.count)
            #expect(all.last?.data["state"]?.text == "succeeded")
            let progress = all.filter { $0.kind == "progress" }
            #expect(!progress.isEmpty)
            #expect(progress.last?.data["preview"]?.text?.hasPrefix("data:image/png;base64,") == true)

            // Coming back: nothing that was seen comes again, and the end always does.
            let last = HTTPField.Name("Last-Event-ID") ?? .userAgent
            for id in ids.dropLast() {
                let rest = try events(String(buffer: try await client.ask(.get, path, headers: [last: "\(id)"]).body))
                #expect(rest.allSatisfy { ($0.id ?? 0) > id })
                #expect(rest.last?.data["state"]?.text == "succeeded")
            }
        }
    }

    @Test func allOfACallersJobsAreToldOfOnOneStream() async throws {
        try await serving { port, server async throws in
            try await RawConnection.open(port) { connection async throws in
                await connection.send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                #expect(await connection.take(until: ": \n\n").contains("200 OK"))
                for _ in 0..<3 { _ = try await server.service.submit(JobRequest("x"), by: .local) }
                var text = ""
                while text.components(separatedBy: #""state":"succeeded""#).count < 4, !connection.isClosed {
                    text += await connection.take(until: "succeeded")
                }
                #expect(text.components(separatedBy: #""state":"succeeded""#).count == 4)
                #expect(text.contains("event: progress"))
                #expect(!text.contains("id: "))
            }
        }
    }

    @Test func silentStreamsShowSignsOfLife() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.keepAliveSeconds = 0.1
        bounds.idleSeconds = 0.3
        try await serving(bounds: bounds) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                await connection.send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                var signs = 0
                let start = ContinuousClock().now
                while ContinuousClock().now - start < .seconds(1.5), !connection.isClosed {
                    if await connection.take(until: ": \n\n").contains(": \n\n") { signs += 1 }
                }
                #expect(!connection.isClosed)
                #expect(signs > 4)
            }
        }
    }

    @Test func aReaderThatDoesNotReadSlowsNoOther() async throws {
        try await serving { port, server async throws in
            try await RawConnection.open(port) { stuck async throws in
                await stuck.send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                let clock = ContinuousClock(), start = clock.now
                for _ in 0..<100 {
                    var request = JobRequest("x")
                    request.steps = 1
                    let job = try await server.service.submit(request, by: .local).job
                    #expect(try await server.service.wait(for: job.id, by: .local).state == .succeeded)
                }
                #expect(clock.now - start < .seconds(20))
            }
        }
    }
}
