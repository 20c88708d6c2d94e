import DaguerreGateway
import DaguerreJobs
import FoundationEssentials
import GatewaySupport
import ServiceLifecycle
import Testing

/// Connections that only listen have no task of their own: what that must not change.
@Suite(.timeLimit(.minutes(1))) struct IdleConnectionTests {
    enum Kind: CaseIterable {
        case events, webSocket
    }

    /// A server on which nothing is drawn but by the test.
    private func idling<Value: Sendable>(
        bounds: GatewayConfiguration.Bounds = .init(),
        _ test: @escaping @Sendable (_ port: Int, StubServer) async throws -> Value
    ) async throws -> Value {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        return try await serving(drawing, bounds: bounds, test)
    }

    /// Waits until `condition` holds, for ten seconds at most.
    private func expectSoon(_ condition: () async throws -> Bool, at location: SourceLocation = #_sourceLocation)
        async throws
    {
        let clock = ContinuousClock(), start = clock.now
        while try await !condition(), clock.now - start < .seconds(10) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await condition(), sourceLocation: location)
    }

    private func metric(_ name: String, _ port: Int) async throws -> Double? {
        let text = try await RawConnection.open(port) { connection async throws in
            await connection.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return await connection.takeAll()
        }
        return text.split(separator: "\n").first { $0.hasPrefix(name) }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0.filter { $0 != "\r" }) }
    }

    private func follow(_ job: JobIdentifier, _ connection: RawConnection, last: Int64? = nil) async {
        let header = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        await connection.send("GET /v1/jobs/\(job)/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\(header)\r\n")
    }

    /// A job that runs, and has come to `step`.
    private func runningJob(_ server: StubServer, step: Int) async throws -> JobLease {
        _ = try await server.service.submit(JobRequest("x"), by: .local)
        let lease = try #require(try await server.queue.lease(preferring: [], seconds: 600))
        try await expectSoon {
            server.events.publish(JobProgress(.denoising, step: step, steps: 1000), of: lease.job.id)
            return server.events.progress(of: lease.job.id) != nil
        }
        return lease
    }

    @Test func whoLeavesLeavesNothingBehind() async throws {
        try await idling { port, server async throws in
            let job = try await server.service.submit(JobRequest("x"), by: .local).job.id
            for _ in 0..<3 {
                await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<60 {
                        group.addTask {
                            try await RawConnection.open(port) { connection async throws in
                                if number % 2 == 0 {
                                    await follow(job, connection)
                                    _ = await connection.take(until: "queued")
                                } else {
                                    _ = await connection.upgrade()
                                    for wish in [#"{"type":"subscribe","job":"\#(job)"}"#, #"{"type":"subscribe"}"#] {
                                        await connection.say(wish)
                                        #expect(try await connection.hear()["type"]?.text == "subscribed")
                                        #expect(try await connection.hear()["type"]?.text == "state")
                                    }
                                }
                                try await Task.sleep(for: .seconds(60))
                            }
                        }
                    }
                    do {
                        try await expectSoon { server.events.watcherCount == 90 }
                        try await expectSoon { try await metric("daguerre_connections", port) == 61 }
                    } catch { Issue.record(error) }
                    group.cancelAll()
                }
                try await expectSoon { server.events.watcherCount == 0 }
                try await expectSoon { try await metric("daguerre_connections", port) == 1 }
            }
        }
    }

    /// 85 MB of progress, of which a connection that is not read takes what the system holds for it, and no more.
    @Test(arguments: Kind.allCases) func whoDoesNotReadLosesProgressOnly(kind: Kind) async throws {
        try await idling { port, server async throws in
            let lease = try await runningJob(server, step: 1)
            let job = lease.job.id
            try await RawConnection.open(port) { slow async throws in
                switch kind {
                case .events: await follow(job, slow)
                case .webSocket:
                    _ = await slow.upgrade()
                    await slow.say(#"{"type":"subscribe","job":"\#(job)"}"#)
                }
                var text = await slow.take(until: "running")
                let preview = JobProgress.Preview(
                    mediaType: "image/png", bytes: [UInt8](repeating: 7, count: 1 << 16), width: 1, height: 1)
                for step in 2...1000 {
                    server.events.publish(
                        JobProgress(.denoising, step: step, steps: 1000, preview: preview), of: job)
                    if step % 20 == 0 { try await Task.sleep(for: .milliseconds(1)) }
                }
                _ = try await server.queue.finish(lease, .failed(JobFailure(.internalError, "enough")))
                try await RawConnection.open(port) { other async throws in
                    await other.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(await other.take(until: "ok\n").hasPrefix("HTTP/1.1 200"))
                }
                text += await slow.take(until: #""state":"failed""#)
                let told = text.components(separatedBy: #""step":"#).count - 1
                #expect(told > 1 && told < 500, "told of \(told) steps")
                #expect(text.contains(#""step":1000,"#), "the newest is not lost")
                try await expectSoon { server.events.watcherCount == 0 }
            }
        }
    }

    @Test func aStreamIsTakenUpAgainAndTheConnectionGoesOnAfterIt() async throws {
        try await idling { port, server async throws in
            let lease = try await runningJob(server, step: 3)
            let job = lease.job.id
            let seen = try await RawConnection.open(port) { first async throws in
                await follow(job, first)
                let text = await first.take(until: #""step":3"#)
                #expect(text.contains("event: state"))
                let ids = text.components(separatedBy: "id: ").dropFirst().compactMap {
                    Int64($0.prefix { $0.isNumber })
                }
                return try #require(ids.last)
            }
            server.events.publish(JobProgress(.denoising, step: 4, steps: 1000), of: job)
            try await RawConnection.open(port) { again async throws in
                await follow(job, again, last: seen)
                // Asked for while the stream goes on, answered after it.
                await again.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/none HTTP/1.1\r\nHost: x\r\n\r\n")
                let text = await again.take(until: #""step":4"#)
                #expect(text.contains("id: \(seen + 1)\n") && !text.contains("event: state"))
                _ = try await server.queue.finish(lease, .failed(JobFailure(.internalError, "enough")))
                let rest = await again.take(until: "HTTP/1.1 404")
                let parts = ["\"state\":\"failed\"", "0\r\n\r\nHTTP/1.1 200 OK", "ok\n", "HTTP/1.1 404"]
                var place = rest.startIndex
                for part in parts {
                    place = try #require(rest[place...].firstRange(of: part), "\(part) in \(rest)").upperBound
                }
            }
        }
    }

    /// An end beyond what the connection takes at once is told once: what follows it is the next request's answer.
    @Test func aLargeEndIsOneEnd() async throws {
        try await idling { port, server async throws in
            let lease = try await runningJob(server, step: 1)
            let failure = JobFailure(.internalError, String(repeating: "x", count: 300_000))
            _ = try await server.queue.finish(lease, .failed(failure))
            try await RawConnection.open(port) { connection async throws in
                await follow(lease.job.id, connection)
                let told = await connection.take(until: "\r\n0\r\n\r\n")
                #expect(told.contains("\"state\":\"failed\"") && told.utf8.count > 300_000)
                for _ in 0..<2 {
                    await connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(await connection.take(until: "ok\n").hasPrefix("HTTP/1.1 200 OK"))
                }
            }
        }
    }

    @Test func whoDoesNotReadAnswersGetsNoMoreOfThem() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { stuck async throws in
                await stuck.send(
                    String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", count: 600)
                        + "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                try await Task.sleep(for: .seconds(1))
                let answered = try await metric(
                    #"daguerre_http_request_seconds_count{method="GET",route="/openapi.json""#, port)
                #expect(try #require(answered) < 400)
                let answers = await stuck.takeAll()
                #expect(answers.components(separatedBy: "HTTP/1.1 200").count == 602, "answered once they are read")
            }
        }
    }

    @Test func messagesThatComeTogetherAreAnsweredInOrder() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                var frames: [UInt8] = []
                for number in 0..<50 {
                    let text = Array(#"{"type":"ping","id":"\#(number)"}"#.utf8)
                    frames += [0x81, 0x80 | UInt8(text.count), 0, 0, 0, 0] + text
                }
                await connection.send(frames)
                for number in 0..<50 { #expect(try await connection.hear()["id"]?.text == "\(number)") }
            }
        }
    }

    @Test func subscriptionsAreCountedWhileTheyLast() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.subscriptions = 2
        try await idling(bounds: bounds) { port, server async throws in
            let job = try await server.service.submit(JobRequest("x"), by: .local).job.id
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                let subscribe = #"{"type":"subscribe","job":"\#(job)"}"#
                for _ in 0..<2 {
                    await connection.say(subscribe)
                    #expect(try await connection.hear()["type"]?.text == "subscribed")
                    #expect(try await connection.hear()["type"]?.text == "state")
                }
                await connection.say(subscribe)
                #expect(try await connection.hear()["error"]?["status"]?.number == 422)
                _ = try await server.service.cancel(job, by: .local)
                for _ in 0..<2 { #expect(try await connection.hear()["job"]?["state"]?.text == "cancelled") }
                await connection.say(subscribe)
                #expect(try await connection.hear()["type"]?.text == "subscribed")
            }
        }
    }

    /// A gateway that runs until the test stops it.
    private func gateway(_ server: StubServer) -> (Gateway, AsyncStream<Int>) {
        let (ports, portSource) = AsyncStream<Int>.makeStream()
        var configuration = GatewayConfiguration()
        configuration.port = 0
        return (
            Gateway(
                service: server.service, keys: nil, configuration: configuration, logger: silent,
                onServing: { portSource.yield($0) }), ports
        )
    }

    @Test func whoListensIsToldThatTheServerEnds() async throws {
        let server = StubServer()
        let (gateway, ports) = gateway(server)
        let services = ServiceGroup(services: [gateway], logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let port = try #require(await ports.first { _ in true })
            try await RawConnection.open(port) { socket async throws in
                _ = await socket.upgrade()
                await socket.say(#"{"type":"subscribe"}"#)
                #expect(try await socket.hear()["type"]?.text == "subscribed")
                try await RawConnection.open(port) { stream async throws in
                    await stream.send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    _ = await stream.take(until: ": \n\n")
                    await services.triggerGracefulShutdown()
                    #expect(await stream.takeAll().hasSuffix("0\r\n\r\n"))
                }
                let goodbye = await socket.frame()
                #expect(goodbye?.opcode == 8 && goodbye?.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == 1001)
            }
            try await group.waitForAll()
        }
        #expect(server.events.watcherCount == 0)
    }

    @Test func aGatewayThatIsStoppedLeavesNothingBehind() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        let server = StubServer(drawing)
        try await server.running {
            let (gateway, ports) = gateway(server)
            let running = Task { try await gateway.run() }
            let port = try #require(await ports.first { _ in true })
            try await RawConnection.open(port) { stream async throws in
                await stream.send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                _ = await stream.take(until: ": \n\n")
                try await RawConnection.open(port) { waiting async throws in
                    let body = #"{"prompt":"x"}"#
                    await waiting.send(
                        "POST /v1/jobs?wait=true HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.count)\r\n\r\n"
                            + body)
                    try await expectSoon { try await !server.service.jobs(of: .local).isEmpty }
                    running.cancel()
                    _ = await running.result
                    #expect(server.events.watcherCount == 0)
                    #expect(try await server.service.jobs(of: .local).map(\.state) == [.cancelled])
                    while await waiting.receive() {}
                }
                while await stream.receive() {}
            }
        }
    }
}
