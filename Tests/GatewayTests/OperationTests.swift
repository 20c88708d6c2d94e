import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

/// What whoever keeps the server running sees.
@Suite(.timeLimit(.minutes(1))) struct OperationTests {
    @Test func metricsCountRequestsAndJobsUnderBoundedLabels() async throws {
        var drawing = StubServer.Drawing()
        drawing.outcomes["part"] = StubServer.partlyWithheld()
        let server = StubServer(drawing)
        let (ports, portSource) = AsyncStream<Int>.makeStream()
        var configuration = GatewayConfiguration()
        configuration.port = 0
        let gateway = Gateway(
            service: server.service, keys: nil, configuration: configuration, logger: silent,
            onServing: { portSource.yield($0) })
        let text = try await server.running {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await gateway.run() }
                let port = try #require(await ports.first { _ in true })
                for prompt in ["x", "x", "x", "part"] {
                    let job = try await server.service.submit(JobRequest(prompt), by: .local).job
                    _ = try await server.service.wait(for: job.id, by: .local)
                }
                let text = try await RawConnection.open(port) { connection async throws in
                    for index in 0..<5 {
                        await connection.send("GET /v1/jobs/job_\(index) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                        _ = await connection.take(until: "}")
                    }
                    await connection.send("MKCOL /coffee HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    _ = await connection.take(until: "}")
                    await connection.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    return await connection.takeAll()
                }
                group.cancelAll()
                return text
            }
        }
        #expect(text.contains("daguerre_jobs_total{state=\"succeeded\"} 4.0\n"))
        #expect(text.contains("daguerre_images_total 5.0\n"))
        #expect(text.contains("daguerre_steps_total 16.0\n"))
        for action in ["passed", "blocked", "blurred"] {
            #expect(text.contains("daguerre_safety_verdicts_total{action=\"\(action)\"} 1.0\n"))
        }
        #expect(text.contains("daguerre_job_stage_seconds_count{stage=\"denoise\"} 3\n"))
        #expect(
            text.contains(
                "daguerre_http_request_seconds_count{method=\"GET\",route=\"/v1/jobs/{id}\",status=\"404\"} 5\n"))
        #expect(text.contains("method=\"other\",route=\"NotFound\",status=\"404\"} 1\n"))
        #expect(!text.contains("job_0") && !text.contains("coffee") && !text.contains("MKCOL"))
        #expect(text.contains("daguerre_jobs_running 0.0\n"))
        #expect(text.contains("# TYPE daguerre_http_request_seconds histogram\n"))
    }

    @Test func aServerThatEndsIsNotReadyFinishesAndLosesNoJob() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        let server = StubServer(drawing)
        let (ports, portSource) = AsyncStream<Int>.makeStream()
        var configuration = GatewayConfiguration()
        configuration.port = 0
        configuration.drainDelaySeconds = 0.3
        configuration.drainSeconds = 0.3
        let gateway = Gateway(
            service: server.service, keys: nil, configuration: configuration, logger: silent,
            onServing: { portSource.yield($0) })
        let services = ServiceGroup(services: [gateway], logger: silent)
        try await server.running {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                let port = try #require(await ports.first { _ in true })
                let body = #"{"prompt":"x"}"#
                try await RawConnection.open(port) { waiting async throws in
                    await waiting.send(
                        "POST /v1/jobs?wait=true HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
                    )
                    try await RawConnection.open(port) { stream async throws in
                        await stream.send("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                        _ = await stream.take(until: "event: state")
                        try await RawConnection.open(port) { probe async throws in
                            await probe.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
                            #expect(await probe.take(until: "ok\n").hasPrefix("HTTP/1.1 200"))
                            await services.triggerGracefulShutdown()
                            // It still listens, but says that it should be asked no more.
                            try await RawConnection.open(port) { late async throws in
                                await late.send("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                                #expect(await late.takeAll().contains("503"))
                            }
                        }
                        #expect(await stream.takeAll().hasSuffix("0\r\n\r\n"), "a stream ends as one should")
                    }
                    let answer = await waiting.takeAll()
                    #expect(answer.contains("202 Accepted"), "\(answer)")
                    #expect(answer.contains(#""state":"queued""#))
                }
                try await group.waitForAll()
            }
        }
        let jobs = try await server.service.jobs(of: .local)
        #expect(jobs.map(\.state) == [.queued], "a job that someone waited for is kept")
    }

    @Test func aProbeThatHearsNoIsNoFaultAndAFaultIsOne() async throws {
        let levels = Mutex<[Logger.Level]>([])
        let logger = Logger(label: "test") { _ in Levels { level in levels.withLock { $0.append(level) } } }
        let gateway = Gateway(
            service: StubServer().service, keys: nil, health: Health(isStarted: { false }), logger: logger)
        try await Application(responder: gateway.responder, logger: logger).test(.router) { client async throws in
            for path in ["/startupz", "/readyz"] {
                #expect(try await client.ask(.get, path).status == .serviceUnavailable)
            }
            #expect(levels.withLock { $0 } == [.info, .info])
            let body = #"{"image":"","model":"clip"}"#
            #expect(try await client.ask(.post, "/sdapi/v1/interrogate", body).status == .notImplemented)
            #expect(levels.withLock { $0.last } == .error)
        }
    }

    /// Tells of the levels of what is logged.
    private struct Levels: LogHandler {
        let note: @Sendable (Logger.Level) -> Void
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        init(_ note: @escaping @Sendable (Logger.Level) -> Void) { self.note = note }

        func log(event: LogEvent) { note(event.level) }
    }

    @Test func aServerThatHasNotStartedSaysSo() async throws {
        let isStarted = Mutex(false)
        let gateway = Gateway(
            service: StubServer().service, keys: nil, health: Health(isStarted: { isStarted.withLock { $0 } }),
            logger: silent)
        try await Application(responder: gateway.responder, logger: silent).test(.router) { client async throws in
            for path in ["/startupz", "/readyz"] {
                #expect(try await client.ask(.get, path).status == .serviceUnavailable)
            }
            #expect(try await client.ask(.get, "/livez").status == .ok)
            isStarted.withLock { $0 = true }
            for path in ["/startupz", "/readyz"] { #expect(try await client.ask(.get, path).status == .ok) }
        }
    }

    @Test func thePageIsServedUnderAStrictPolicy() async throws {
        let page = [
            PageFile(path: "/", mediaType: "text/html; charset=utf-8", bytes: Array("<!doctype html>".utf8)),
            PageFile(path: "/page/main.js", mediaType: "text/javascript", bytes: Array("export {}".utf8)),
        ]
        try await asking(keys: FixedKeys(), page: page) { client, _ async throws in
            let index = try await client.ask(.get, "/")
            #expect(index.status == .ok)
            let policy = try #require(index.headers[.contentSecurityPolicy])
            #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
            let tag = try #require(index.headers[.eTag])
            #expect(try await client.ask(.get, "/", headers: [.ifNoneMatch: tag]).status == .notModified)
            #expect(try await client.ask(.get, "/page/main.js").headers[.contentType] == "text/javascript")
            for path in ["/page/../main.js", "/page/%2e%2e/main.js", "/page/other.js", "/page", "//etc/passwd"] {
                #expect(try await client.ask(.get, path).status == .notFound, "\(path)")
            }
        }
    }
}
