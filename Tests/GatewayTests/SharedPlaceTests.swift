import DaguerreAccess
import DaguerreGateway
import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import Foundation
import GatewaySupport
import Testing

/// Places that there are few of: for large bodies, and for what the gateway computes itself.
@Suite(.timeLimit(.minutes(1))) struct SharedPlaceTests {
    private static func upload(_ name: String, _ length: Int) -> String {
        "POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: sd_\(name)\r\nContent-Type: image/png\r\n"
            + "Content-Length: \(length)\r\nConnection: close\r\n\r\n"
    }

    @Test func oneOwnersUploadsLeaveRoomForOthers() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.largeBodies = 2
        try await serving(keys: FixedKeys(), bounds: bounds) { port, _ async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await RawConnection.open(port) { connection async throws in
                            await connection.send(Self.upload("anna", 1 << 20))
                            try await Task.sleep(for: .seconds(20))
                        }
                    }
                }
                try await Task.sleep(for: .milliseconds(200))
                try await RawConnection.open(port) { connection async throws in
                    let picture = try StubServer.picture(16, 16, 1)
                    let start = ContinuousClock.now
                    await connection.send(Self.upload("bert", picture.count))
                    await connection.send(picture)
                    #expect(await connection.takeAll().hasPrefix("HTTP/1.1 201"))
                    #expect(ContinuousClock.now - start < .seconds(3))
                }
                group.cancelAll()
                while let result = await group.nextResult() { _ = result }
            }
        }
    }

    @Test func aLargeBodyThatTricklesLosesItsPlace() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.heldGraceSeconds = 0.5
        bounds.heldBytesPerSecond = 10_000
        try await serving(bounds: bounds) { port, _ async throws in
            // As fast as the clock of connections asks for, and far slower than a place is given for.
            for type in ["image/png", "multipart/form-data; boundary=b"] {
                try await RawConnection.open(port) { connection async throws in
                    let path = type.hasPrefix("image") ? "/v1/uploads" : "/v1/images/edits"
                    await connection.send(
                        "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: \(type)\r\n"
                            + "Content-Length: 10000000\r\n\r\n--b\r\n")
                    let start = ContinuousClock.now
                    let sending = Task { [connection = Sending(connection)] in
                        while !Task.isCancelled {
                            await connection.connection.send([UInt8](repeating: 45, count: 300))
                            try await Task.sleep(for: .milliseconds(100))
                        }
                    }
                    #expect(await connection.take(until: "}").hasPrefix("HTTP/1.1 408"))
                    sending.cancel()
                    #expect(ContinuousClock.now - start < .seconds(3))
                }
            }
        }
    }

    /// Sends and receives at once, which a connection can.
    private struct Sending: @unchecked Sendable {
        let connection: RawConnection
        init(_ connection: RawConnection) { self.connection = connection }
    }

    private static let picture = Image(width: 8, height: 8, filledWith: [10, 20, 30])

    /// Enlarges `count` pictures to `side × side`.
    private static func enlarging(_ count: Int, to side: Int) throws -> [String: Any] {
        let list = try (0..<count).map { ["name": "\($0)", "data": try base64(Self.picture)] }
        return [
            "imageList": list, "upscaler_1": "Lanczos", "resize_mode": 1, "upscaling_resize_w": side,
            "upscaling_resize_h": side,
        ]
    }

    @Test func allPicturesTogetherHaveThePixelsOfAJob() async throws {
        var limits = RequestLimits()
        limits.pixels = 64 * 64
        limits.count = 4
        try await CompatibleServer.run(limits: limits) { server async throws in
            #expect(try await server.post("/sdapi/v1/extra-batch-images", Self.enlarging(4, to: 64)).status == 200)
            let many = try await server.post("/sdapi/v1/extra-batch-images", Self.enlarging(4, to: 72))
            #expect(many.status == 422 && many.text.contains("imageList[3].data"), "\(many.text)")
            let large = try base64(Image(width: 128, height: 129, filledWith: [1, 2, 3]))
            let detect = try await server.post("/controlnet/detect", ["controlnet_input_images": [large]])
            #expect(detect.status == 422 && detect.text.contains("128×129"), "\(detect.text)")
            let single = try await server.post(
                "/sdapi/v1/extra-single-image", ["image": large, "upscaler_1": "Lanczos", "upscaling_resize": 2])
            #expect(single.status == 422, "\(single.text)")
        }
    }

    @Test func itCountsAsAnUnfinishedJob() async throws {
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await CompatibleServer.run(keys: FixedKeys(limits: KeyLimits(unfinishedJobs: 2)), drawing) {
            server async throws in
            let anna = Caller(owner: Owner("anna"), scope: .generate)
            _ = try await server.server.service.submit(JobRequest("x"), by: anna)
            let body = try Self.enlarging(1, to: 16)
            #expect(try await server.post("/sdapi/v1/extra-batch-images", body, key: "sd_anna").status == 200)
            let job = try await server.server.service.submit(JobRequest("x"), by: anna).job
            let refused = try await server.post("/sdapi/v1/extra-batch-images", body, key: "sd_anna")
            #expect(refused.status == 429 && refused.text.contains("2 unfinished jobs"), "\(refused.text)")
            #expect(try await server.post("/sdapi/v1/extra-batch-images", body, key: "sd_bert").status == 200)
            _ = try await server.server.service.cancel(job.id, by: anna)
            #expect(try await server.post("/sdapi/v1/extra-batch-images", body, key: "sd_anna").status == 200)
        }
    }

    @Test func smallBodiesTakePlacesTooAndOneOwnerHasHalfOfThem() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.pictureWork = 2
        try await CompatibleServer.run(keys: FixedKeys(), bounds: bounds) { server async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await server.post(
                            "/sdapi/v1/extra-batch-images", try Self.enlarging(1, to: 1200), key: "sd_anna"
                        ).status
                    }
                }
                group.addTask {
                    try await server.post(
                        "/sdapi/v1/extra-batch-images", try Self.enlarging(1, to: 16), key: "sd_bert"
                    ).status + 1000
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.contains(1200), "others have a place: \(statuses)")
            #expect(statuses.contains(503) && statuses.contains(200), "\(statuses)")
        }
    }

    @Test func whoLeavesTakesAlongWhatHasNotBegun() async throws {
        var bounds = GatewayConfiguration.Bounds()
        bounds.pictureWork = 2
        try await serving(bounds: bounds) { port, _ async throws in
            func ask(_ body: [String: Any]) throws -> [UInt8] {
                let bytes = try JSONSerialization.data(withJSONObject: body)
                let head =
                    "POST /sdapi/v1/extra-batch-images HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                    + "Content-Length: \(bytes.count)\r\n\r\n"
                return Array(head.utf8) + Array(bytes)
            }
            let small = try ask(Self.enlarging(1, to: 16)), large = try ask(Self.enlarging(16, to: 2000))
            let clock = ContinuousClock()
            func seconds() async throws -> Duration {
                try await RawConnection.open(port) { connection async throws in
                    let start = clock.now
                    await connection.send(small)
                    #expect(await connection.takeAll().hasPrefix("HTTP/1.1 200"))
                    return clock.now - start
                }
            }
            let start = clock.now
            try await RawConnection.open(port) { connection async throws in
                await connection.send(large)
                #expect(await connection.takeAll().hasPrefix("HTTP/1.1 200"))
            }
            let whole = clock.now - start
            try await RawConnection.open(port) { connection async throws in
                await connection.send(large)
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await seconds() < whole / 2, "of \(whole)")
        }
    }
}
