import DaguerreGateway
import DaguerreJobs
import FoundationEssentials
import GatewaySupport
import NIOCore
import Testing

/// What arrives on a connection that is no good request: each is answered with 4xx or the connection closed, within two seconds.
@Suite(.timeLimit(.minutes(2))) struct ConnectionTests {
    private static let limit = Duration.seconds(2)

    /// Sends `bytes` and gives what comes back until the server closes.
    private func refusal(_ bytes: [UInt8], bounds: GatewayConfiguration.Bounds = .init()) async throws -> String {
        try await serving(bounds: bounds) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                let start = ContinuousClock().now
                await connection.send(bytes)
                let answer = await connection.takeAll()
                #expect(ContinuousClock().now - start < Self.limit)
                return answer
            }
        }
    }

    @Test(arguments: [
        "\0\0\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\0\u{5}hello\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ])
    func whatIsNoHTTPIsRefused(text: String) async throws {
        let answer = try await refusal(Array(text.utf8))
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
    }

    @Test func headersBeyondTheBoundsAreRefused() async throws {
        let long = "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "a", count: 17 << 10))\r\n\r\n"
        #expect(try await refusal(Array(long.utf8)).hasPrefix("HTTP/1.1 431"))
        let many = "GET /livez HTTP/1.1\r\nHost: x\r\n" + String(repeating: "X-A: b\r\n", count: 101) + "\r\n"
        #expect(try await refusal(Array(many.utf8)).hasPrefix("HTTP/1.1 431"))
        let line = "GET /\(String(repeating: "a", count: 17 << 10)) HTTP/1.1\r\nHost: x\r\n\r\n"
        #expect(try await refusal(Array(line.utf8)).hasPrefix("HTTP/1.1 4"))
    }

    @Test func aBodyOf64MebibytesIsRefusedBeforeItHasArrived() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                let start = ContinuousClock().now
                await connection.send(
                    "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 67108864\r\n\r\n")
                let answer = await connection.take(until: "}")
                #expect(answer.hasPrefix("HTTP/1.1 413"))
                // What is still sent is read for a moment only.
                while !connection.isClosed, ContinuousClock().now - start < .seconds(6) {
                    await connection.send([UInt8](repeating: 0x20, count: 1 << 16))
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(connection.isClosed)
                #expect(ContinuousClock().now - start < .seconds(4))
            }
        }
    }

    @Test func aChunkedBodyWithoutEndIsRefusedOnceItIsTooLarge() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                await connection.send(
                    "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<20 where !connection.isClosed {
                    await connection.send("10000\r\n" + String(repeating: " ", count: 65536) + "\r\n")
                }
                #expect(await connection.take(until: "}").hasPrefix("HTTP/1.1 413"))
            }
        }
    }

    @Test func headersThatTrickleAreNotWaitedFor() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.headerSeconds = 0.4
        try await serving(bounds: bounds) { port, _ async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await RawConnection.open(port) { connection async throws in
                            await connection.send("GET /livez HTTP/1.1\r\n")
                            let start = ContinuousClock().now
                            while !connection.isClosed, ContinuousClock().now - start < .seconds(5) {
                                await connection.send("X")
                                try await Task.sleep(for: .milliseconds(100))
                            }
                            #expect(connection.isClosed)
                            #expect(ContinuousClock().now - start < Self.limit)
                        }
                    }
                }
                // Meanwhile others are answered.
                try await RawConnection.open(port) { connection async throws in
                    await connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(await connection.take(until: "ok\n").hasPrefix("HTTP/1.1 200"))
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aBodyThatTricklesIsNotWaitedFor() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.headerSeconds = 0.4
        try await serving(bounds: bounds) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                await connection.send("POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n")
                let start = ContinuousClock().now
                while !connection.isClosed, ContinuousClock().now - start < .seconds(5) {
                    await connection.send("{")
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(ContinuousClock().now - start < Self.limit)
            }
        }
    }

    @Test func anIdleConnectionIsClosedAndABusyOneIsNot() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.idleSeconds = 0.4
        try await serving(bounds: bounds) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                for _ in 0..<6 {
                    await connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(await connection.take(until: "ok\n").hasPrefix("HTTP/1.1 200"))
                    try await Task.sleep(for: .milliseconds(100))
                }
                let start = ContinuousClock().now
                #expect(await connection.takeAll().isEmpty)
                #expect(ContinuousClock().now - start < Self.limit)
            }
        }
    }

    @Test func oneConnectionTooManyIsClosedAndRoomIsMadeByThoseThatEnd() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.connectionsPerAddress = 2
        try await serving(bounds: bounds) { port, _ async throws in
            let ask = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
            try await RawConnection.open(port) { first async throws in
                await first.send(ask)
                _ = await first.take(until: "ok\n")
                try await RawConnection.open(port) { second async throws in
                    await second.send(ask)
                    _ = await second.take(until: "ok\n")
                    try await RawConnection.open(port) { third async throws in
                        await third.send(ask)
                        #expect(await third.takeAll().isEmpty)
                    }
                }
                var isAdmitted = false
                for _ in 0..<50 where !isAdmitted {
                    isAdmitted = try await RawConnection.open(port) { again async throws in
                        await again.send(ask)
                        return await again.take(until: "ok\n").hasPrefix("HTTP/1.1 200")
                    }
                }
                #expect(isAdmitted)
            }
        }
    }

    @Test(arguments: [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::7", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.1", "::ffff:10.0.0.2", false),
        ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1", "10.0.0.1", true),
    ])
    func addressesOfOneIPv6NetworkAreOneSource(_ a: String, _ b: String, isSame: Bool) throws {
        let sources = try [a, b].map {
            OpenConnections.source(of: try SocketAddress(ipAddress: $0, port: Int.random(in: 1...65535)))
        }
        #expect((sources[0] == sources[1]) == isSame)
    }

    @Test func requestsThatComeTogetherAreAnsweredInOrder() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                await connection.send(
                    String(repeating: "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", count: 20)
                        + "GET /v1/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                let answers = await connection.takeAll()
                #expect(answers.components(separatedBy: "HTTP/1.1 200").count == 21)
                #expect(answers.components(separatedBy: "HTTP/1.1 404").count == 2)
            }
        }
    }

    /// The key says that the client comes back for the job; another connection may wait for it already.
    @Test func whoLeavesAJobThatHasAnIdempotencyKeyFindsItAgain() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await serving(drawing) { port, server async throws in
            let body = #"{"prompt":"x"}"#
            let ask =
                "POST /v1/jobs?wait=%@ HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: k\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            try await RawConnection.open(port) { connection async throws in
                await connection.send(ask.replacing("%@", with: "true"))
                while try await server.service.jobs(of: .local).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            }
            try await RawConnection.open(port) { connection async throws in
                await connection.send(ask.replacing("%@", with: "0.5"))
                let answer = await connection.take(until: "}")
                #expect(answer.contains(#""state":"queued""#) && answer.contains("Idempotent-Replayed: true"))
            }
            #expect(try await server.service.jobs(of: .local).map(\.state) == [.queued])
        }
    }

    @Test func whoLeavesWhileWaitingNoLongerWantsTheJob() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await serving(drawing) { port, server async throws in
            try await RawConnection.open(port) { connection async throws in
                let body = #"{"prompt":"x"}"#
                await connection.send(
                    "POST /v1/jobs?wait=true HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.count)\r\n\r\n\(body)"
                )
                while try await server.service.jobs(of: .local).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            }
            let clock = ContinuousClock(), start = clock.now
            while try await server.queue.depth().queued.values.reduce(0, +) > 0, clock.now - start < .seconds(5) {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(clock.now - start < .seconds(2))
            let jobs = try await server.service.jobs(of: .local)
            #expect(jobs.map(\.state) == [.cancelled])
        }
    }
}
