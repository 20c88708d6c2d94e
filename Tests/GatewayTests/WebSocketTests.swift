import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct WebSocketTests {
    @Test func aClientSubmitsHearsOfProgressAndGetsPreviewsAndResults() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                let head = await connection.upgrade("Sec-WebSocket-Protocol: daguerre.v1\r\n")
                #expect(head.hasPrefix("HTTP/1.1 101"))
                #expect(head.lowercased().contains("sec-websocket-protocol: daguerre.v1"))
                await connection.say(
                    #"{"type":"submit","id":"a","request":{"prompt":"x","steps":6,"previews":true,"count":2},"results":true}"#
                )
                let accepted = try await connection.hear()
                #expect(accepted["type"]?.text == "accepted")
                #expect(accepted["id"]?.text == "a")
                var states: [String] = [], previews = 0, results: [[UInt8]] = []
                while results.count < 2, let frame = await connection.frame() {
                    guard frame.opcode == 2 else {
                        let event = try JSONTree(bytes: frame.payload)
                        if event["type"]?.text == "state" { states.append(event["job"]?["state"]?.text ?? "") }
                        continue
                    }
                    let count = frame.payload.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                    let header = try JSONTree(bytes: Array(frame.payload.dropFirst(4).prefix(count)))
                    let file = Array(frame.payload.dropFirst(4 + count))
                    #expect(file.starts(with: [0x89, 0x50, 0x4e, 0x47]))
                    #expect(header["job"] == accepted["job"]?["id"])
                    if header["kind"]?.text == "preview" {
                        previews += 1
                    } else {
                        let digest = try MemoryBlobs.digest(of: file)
                        #expect(header["digest"]?.text == digest.description)
                        results.append(file)
                    }
                }
                #expect(results.count == 2)
                #expect(previews > 0)
                #expect(states.last == "succeeded")
            }
        }
    }

    @Test func aClientCancelsAndSubscribes() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await serving(drawing) { port, server async throws in
            let job = try await server.service.submit(JobRequest("x"), by: .local).job
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                await connection.say(#"{"type":"subscribe","id":"s","job":"\#(job.id)"}"#)
                #expect(try await connection.hear()["type"]?.text == "subscribed")
                #expect(try await connection.hear()["job"]?["state"]?.text == "queued")
                await connection.say(#"{"type":"cancel","id":"c","job":"\#(job.id)"}"#)
                let both = [try await connection.hear(), try await connection.hear()]
                #expect(Set(both.compactMap { $0["type"]?.text }) == ["cancelled", "state"])
                #expect(both.allSatisfy { $0["job"]?["state"]?.text == "cancelled" })
                await connection.say(#"{"type":"ping","id":"p"}"#)
                #expect(try await connection.hear()["type"]?.text == "pong")
            }
        }
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"type":"dance"}"#, #"{"type":"submit"}"#, #"{"type":"cancel","job":"x"}"#,
        #"{"type":"cancel"}"#,
        #"{"type":"ping","more":1}"#, #"{"type":"submit","request":{"prompt":"x","width":1}}"#,
        #"{"type":"submit","request":{"prompt":"x","colour":1}}"#,
    ])
    func whatCannotBeDoneIsToldAndTheTalkGoesOn(message: String) async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                await connection.say(message)
                let answer = try await connection.hear()
                #expect(answer["type"]?.text == "error")
                #expect(answer["error"]?["status"]?.number == 422)
                await connection.say(#"{"type":"ping"}"#)
                #expect(try await connection.hear()["type"]?.text == "pong")
            }
        }
    }

    @Test(arguments: [
        #"{"type":"submit","id":"a","request":{"promt":"x"}}"#, #"{"type":"dance","id":"a"}"#,
        #"{"type":"cancel","job":"x","id":"a"}"#, #"{"type":"submit","id":"a","request":{"prompt":"x","width":1}}"#,
    ])
    func anErrorIsOfTheMessageThatItAnswers(message: String) async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade("X-Request-ID: socket\r\n")
                await connection.say(message)
                let answer = try await connection.hear()
                #expect(answer["type"]?.text == "error" && answer["id"]?.text == "a")
                #expect(answer["error"]?["request_id"]?.text == "socket")
            }
        }
    }

    @Test func anIdempotencyKeyMeansTheSameJobWhateverTheMessageIsCalledAndHoweverItComes() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await serving(drawing) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                func submit(_ text: String) async throws -> JSONTree {
                    await connection.say(text)
                    var answer = try await connection.hear()
                    while answer["type"]?.text == "state" { answer = try await connection.hear() }
                    return answer
                }
                let first = try await submit(
                    #"{"type":"submit","id":"1","idempotency_key":"k","deadline_seconds":60,"request":{"prompt":"x","steps":5}}"#
                )
                let again = try await submit(
                    #"{"id":"2","request":{"steps":5,"prompt":"x","count":1},"deadline_seconds":60.0,"type":"submit","idempotency_key":"k"}"#
                )
                #expect(again["type"]?.text == "accepted" && again["id"]?.text == "2")
                #expect(again["job"]?["id"] == first["job"]?["id"])
                for other in [
                    #"{"type":"submit","idempotency_key":"k","deadline_seconds":60,"request":{"prompt":"y","steps":5}}"#,
                    #"{"type":"submit","idempotency_key":"k","deadline_seconds":61,"request":{"prompt":"x","steps":5}}"#,
                    #"{"type":"submit","idempotency_key":"k","request":{"prompt":"x","steps":5}}"#,
                    #"{"type":"submit","idempotency_key":"k","deadline_seconds":60,"priority":"low","request":{"prompt":"x","steps":5}}"#,
                ] {
                    #expect(try await submit(other)["error"]?["code"]?.text == "idempotency_conflict", "\(other)")
                }
                try await RawConnection.open(port) { http async throws in
                    let body = #"{"deadline_seconds": 60, "steps": 5, "prompt": "x"}"#
                    await http.send(
                        "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: k\r\n"
                            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
                    let answer = await http.takeAll()
                    #expect(answer.contains(first["job"]?["id"]?.text ?? "none") && answer.contains("202"))
                }
            }
        }
    }

    @Test func whoMayNotIsToldSoByHTTP() async throws {
        try await serving(keys: FixedKeys()) { port, _ async throws in
            for (headers, status) in [
                ("", "401"), ("Authorization: Bearer sd_nobody\r\n", "401"),
                ("Authorization: Bearer sd_anna\r\nOrigin: https://evil.example\r\n", "403"),
                ("Authorization: Bearer sd_anna\r\n", "101"), ("X-API-Key: sd_anna\r\n", "101"),
                ("Sec-WebSocket-Protocol: daguerre.v1, daguerre.key.sd_anna\r\n", "101"),
                ("Sec-WebSocket-Protocol: daguerre.key.sd_nobody\r\n", "401"),
                ("Authorization: Bearer sd_anna\r\nOrigin: http://127.0.0.1\r\n", "101"),
            ] {
                try await RawConnection.open(port) { connection async throws in
                    let head = await connection.upgrade(headers)
                    #expect(head.hasPrefix("HTTP/1.1 " + status), "\(headers): \(head)")
                }
            }
            try await RawConnection.open(port) { connection async throws in
                await connection.send("GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-API-Key: sd_anna\r\n\r\n")
                #expect(await connection.take(until: "}").hasPrefix("HTTP/1.1 426"))
            }
            try await RawConnection.open(port) { connection async throws in
                let head = await connection.upgrade("X-API-Key: sd_anna\r\n", path: "/v1/jobs")
                #expect(head.hasPrefix("HTTP/1.1 200"), "an upgrade elsewhere is an ordinary request")
            }
        }
    }

    /// Frames that break the protocol, and the code with which the server says goodbye, if it does.
    @Test(
        arguments: [
            ([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4], 1009),  // 1 GiB declared
            ([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4], 1009),
            ([0x82, 0x81, 0, 0, 0, 0, 0], 1003),  // binary
            ([0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),  // no UTF-8
            ([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0], 1002),  // a ping of 256 bytes
            ([0x09, 0x80, 0, 0, 0, 0], 1002),  // a ping in pieces
        ] as [([UInt8], Int)])
    func framesThatBreakTheProtocolEndTheTalk(frame: [UInt8], code: Int) async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                let start = ContinuousClock().now
                await connection.send(frame)
                let goodbye = await connection.frame()
                #expect(goodbye?.opcode == 8)
                #expect(goodbye?.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == code)
                #expect(await connection.frame() == nil)
                #expect(ContinuousClock().now - start < .seconds(2))
            }
        }
    }

    @Test func anyBytesAtAllEndInAnAnswerOrAGoodbye() async throws {
        try await serving { port, server async throws in
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<200 {
                let bytes = (0..<Int.random(in: 1...400, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                try await RawConnection.open(port) { connection async throws in
                    _ = await connection.upgrade()
                    await connection.send(bytes)
                    // An end of the message, should the bytes have begun one, and a goodbye.
                    await connection.sendFrame(8, [])
                }
            }
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                await connection.say(#"{"type":"ping"}"#)
                #expect(try await connection.hear()["type"]?.text == "pong")
            }
        }
    }

    @Test func aMessageInPiecesIsOneMessageAndTooLargeAOneIsNone() async throws {
        try await serving { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                await connection.sendFrame(1, Array(#"{"type":"#.utf8), isFinal: false)
                await connection.sendFrame(0, Array(#""ping"}"#.utf8))
                #expect(try await connection.hear()["type"]?.text == "pong")
                for index in 0..<40 {
                    await connection.sendFrame(
                        index == 0 ? 1 : 0, [UInt8](repeating: 0x20, count: 4096), isFinal: false)
                }
                #expect(await connection.frame()?.opcode == 8)
            }
        }
    }

    @Test func clientsArePingedAndTheSilentOnesLeft() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.pingSeconds = 0.1
        bounds.idleSeconds = 0.5
        try await serving(bounds: bounds) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                let start = ContinuousClock().now
                let ping = await connection.take(2)
                #expect(ping == [0x89, 0])
                // It never answers.
                while await connection.receive() {}
                #expect(ContinuousClock().now - start < .seconds(3))
            }
        }
    }
}
