import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct ImageRouteTests {
    private static let png = "image/png"

    private func upload(_ client: any TestClientProtocol, _ bytes: [UInt8], key: String? = nil) async throws
        -> TestResponse
    {
        var headers: HTTPFields = [.contentType: Self.png]
        if let key { headers[.authorization] = "Bearer " + key }
        return try await client.executeRequest(
            uri: "/v1/uploads", method: .put, headers: headers, body: ByteBuffer(bytes: bytes))
    }

    @Test func anUploadIsKeptAsItWasSentUnderItsDigest() async throws {
        try await asking { client, _ async throws in
            let bytes = try StubServer.picture(40, 24, 9)
            let answer = try await upload(client, bytes)
            #expect(answer.status == .created)
            let body = try answer.json
            let digest = try MemoryBlobs.digest(of: bytes)
            #expect(body["upload"]?.text == digest.description)
            #expect(body["width"]?.number == 40)
            #expect(body["height"]?.number == 24)
            let image = try await client.ask(.get, try #require(body["url"]?.text))
            #expect(Array(buffer: image.body) == bytes)
            let job = try await client.ask(
                .post, "/v1/jobs?wait=true", #"{"prompt":"x","image":{"upload":"\#(body["upload"]?.text ?? "")"}}"#)
            #expect(try job.json["state"]?.text == "succeeded")
        }
    }

    @Test func whatIsNoPictureIsRefused() async throws {
        try await asking { client, server async throws in
            let whole = try StubServer.picture(16, 16, 1)
            for length in stride(from: 0, to: whole.count, by: 3) {
                let answer = try await upload(client, Array(whole.prefix(length)))
                #expect(answer.status == .unprocessableContent, "\(length) of \(whole.count) bytes")
            }
            // A header that promises 50 000 × 50 000 pixels.
            var huge = whole
            huge.replaceSubrange(16..<24, with: [0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50])
            #expect(try await upload(client, huge).status == .unprocessableContent)
            #expect(await server.blobs.all().isEmpty)
        }
    }

    @Test func whatIsLargerThanTheLimitIsNotRead() async throws {
        var configuration = GatewayConfiguration()
        configuration.bounds.uploadBytes = 1000
        try await asking(configuration: configuration) { client, _ async throws in
            let answer = try await upload(client, [UInt8](repeating: 0, count: 1001))
            #expect(answer.status == .contentTooLarge)
            #expect(try answer.json["detail"]?.text?.contains("1000 bytes") == true)
        }
    }

    @Test func anotherOwnersUploadIsNotThereAndCannotBeNamed() async throws {
        try await asking(keys: FixedKeys()) { client, _ async throws in
            let bytes = try StubServer.picture(16, 16, 3)
            let body = try await upload(client, bytes, key: "sd_anna").json
            let url = try #require(body["url"]?.text), name = try #require(body["upload"]?.text)
            #expect(try await client.ask(.get, url, key: "sd_bert").status == .notFound)
            #expect(try await client.ask(.get, url, key: "sd_anna").status == .ok)
            let job = try await client.ask(
                .post, "/v1/jobs", #"{"prompt":"x","image":{"upload":"\#(name)"}}"#, key: "sd_bert")
            #expect(job.status == .unprocessableContent)
            // Whoever has the file may have it, too.
            #expect(try await upload(client, bytes, key: "sd_bert").status == .created)
            #expect(try await client.ask(.get, url, key: "sd_bert").status == .ok)
        }
    }

    /// What is asked for of 100 bytes, and which of them come: `nil` is all of them, an empty range none.
    @Test(arguments: [
        ("bytes=0-0", 0..<1), ("bytes=10-19", 10..<20), ("bytes=90-", 90..<100), ("bytes=-5", 95..<100),
        ("bytes=0-999999", 0..<100), ("bytes=-999999", 0..<100), ("bytes=99-99", 99..<100),
        ("bytes=100-", 0..<0), ("bytes=100-200", 0..<0), ("bytes=-0", 0..<0),
        ("bytes=99999999999999999999-", 0..<0), ("bytes=5-99999999999999999999", 5..<100),
        ("bytes=20-10", nil), ("bytes=", nil), ("bytes=-", nil), ("bytes=a-b", nil), ("bytes=0-1,5-6", nil),
        ("bytes=--5", nil), ("lines=0-1", nil), ("bytes=0x1-2", nil), ("bytes=+1-2", nil), ("bytes= 0-1", nil),
    ])
    func rangesAreAsRFC9110HasThem(asked: String, expected: Range<Int>?) async throws {
        try await asking { client, server async throws in
            let bytes = (0..<100).map { UInt8($0) }
            let digest = try await server.blobs.put(bytes)
            try await server.queue.addUpload(
                StoredImage(digest: digest, mediaType: Self.png, byteCount: 100, width: 1, height: 1), owner: .local)
            let answer = try await client.ask(.get, "/v1/images/\(digest)", headers: [.range: asked])
            switch expected {
            case nil:
                #expect(answer.status == .ok)
                #expect(Array(buffer: answer.body) == bytes)
            case .some(let range) where range.isEmpty:
                #expect(answer.status == .rangeNotSatisfiable)
                #expect(answer.headers[.contentRange] == "bytes */100")
            case .some(let range):
                #expect(answer.status == .partialContent)
                #expect(Array(buffer: answer.body) == Array(bytes[range]))
                #expect(answer.headers[.contentRange] == "bytes \(range.lowerBound)-\(range.upperBound - 1)/100")
            }
        }
    }

    @Test func whoHasItAlreadyDoesNotGetItAgain() async throws {
        try await asking { client, _ async throws in
            let url = try #require(try await upload(client, try StubServer.picture(16, 16, 4)).json["url"]?.text)
            let first = try await client.ask(.get, url)
            let tag = try #require(first.headers[.eTag])
            for known in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
                let again = try await client.ask(.get, url, headers: [.ifNoneMatch: known])
                #expect(again.status == .notModified, "\(known)")
                #expect(again.body.readableBytes == 0)
            }
            #expect(try await client.ask(.get, url, headers: [.ifNoneMatch: "\"other\""]).status == .ok)
            let stale = try await client.ask(.get, url, headers: [.range: "bytes=0-1", .ifRange: "\"other\""])
            #expect(stale.status == .ok)
            let head = try await client.ask(.head, url)
            #expect(head.headers[.contentLength] == String(first.body.readableBytes))
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test(arguments: ["..%2f..%2fetc%2fpasswd", "x", "%00", String(repeating: "A", count: 64), "job_"])
    func whatIsNoDigestIsNotThere(name: String) async throws {
        try await asking { client, _ async throws in
            #expect(try await client.ask(.get, "/v1/images/" + name).status == .notFound)
        }
    }
}
