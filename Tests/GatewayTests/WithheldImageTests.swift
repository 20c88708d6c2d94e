import DaguerreGateway
import DaguerreJobs
import Foundation
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

/// Under a safety policy no interface gives out what was drawn without one.
@Suite(.timeLimit(.minutes(1))) struct WithheldImageTests {
    private func drawing(_ safety: SafetyRecord?) -> StubServer.Drawing {
        var drawing = StubServer.Drawing()
        drawing.safety = safety
        drawing.withholdsUnjudged = true
        return drawing
    }

    @Test(arguments: [nil, SafetyRecord(.passed)])
    func anUnjudgedImageIsNotThere(safety: SafetyRecord?) async throws {
        try await asking(drawing(safety)) { client, _ async throws in
            let job = try await client.ask(.post, "/v1/jobs?wait=true", #"{"prompt":"x","steps":1}"#).json
            #expect(job["state"]?.text == "succeeded")
            let url = try #require(job["images"]?[0]?["url"]?.text)
            let digest = try #require(job["images"]?[0]?["digest"]?.text)
            for method in [HTTPRequest.Method.get, .head] {
                #expect(try await client.ask(method, url).status == (safety == nil ? .notFound : .ok))
            }
            // Nor can it be had again by way of a picture to begin with, or of a control's map.
            for field in [
                #""image":{"upload":"\#(digest)"}"#,
                #""controls":[{"model":"edges","image":"\#(digest)","preprocessor":"none","returns_map":true}]"#,
            ] {
                let answer = try await client.ask(.post, "/v1/jobs", #"{"prompt":"y",\#(field)}"#)
                #expect(answer.status == (safety == nil ? .unprocessableContent : .accepted), "\(answer.body)")
            }
            guard safety == nil else { return }
            #expect(
                try await client.ask(.get, url).json["detail"]?.text?.contains("before the server had a safety policy")
                    == true)
            // What the client sent itself is its own.
            let file = try StubServer.picture(16, 16, 1)
            let upload = try await client.executeRequest(
                uri: "/v1/uploads", method: .post, headers: [.contentType: "image/png"], body: ByteBuffer(bytes: file)
            ).json
            #expect(try await client.ask(.get, try #require(upload["url"]?.text)).status == .ok)
        }
    }

    @Test(arguments: [nil, SafetyRecord(.passed)])
    func theCompatibleInterfacesSendNoneEither(safety: SafetyRecord?) async throws {
        try await CompatibleServer.run(drawing(safety)) { server in
            let status = safety == nil ? 404 : 200
            let bodies: [(path: String, body: [String: any Sendable])] = [
                ("/sdapi/v1/txt2img", ["prompt": "a", "steps": 1]),
                ("/v1/images/generations", ["prompt": "a", "response_format": "b64_json"]),
            ]
            for (path, body) in bodies {
                let answer = try await server.post(path, body)
                #expect(answer.status == status && answer.text.contains("iVBOR") == (safety != nil), "\(path)")
            }
            let stream = try await server.post("/v1/images/generations", ["prompt": "a", "stream": true])
            #expect(stream.text.contains("image_generation.completed") == (safety != nil))
            #expect(stream.text.contains("event: error") == (safety == nil))
            let minimal = try await server.post("/generate", ["prompt": "a"])
            let url = try #require(URL(string: minimal.object["url"] as? String ?? ""))
            #expect(try await server.get(url.path).status == status)
        }
    }

    @Test(arguments: [nil, SafetyRecord(.passed)])
    func aWebSocketHearsOfTheJobAndGetsNoImage(safety: SafetyRecord?) async throws {
        try await serving(drawing(safety)) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                _ = await connection.upgrade()
                await connection.say(#"{"type":"submit","id":"a","request":{"prompt":"x","steps":1},"results":true}"#)
                var isOver = false, images = 0
                while !isOver, let frame = await connection.frame() {
                    guard frame.opcode != 2 else {
                        images += 1
                        continue
                    }
                    let event = try JSONTree(bytes: frame.payload)
                    if event["job"]?["state"]?.text == "succeeded" {
                        // Results would follow the state.
                        try await Task.sleep(for: .milliseconds(200))
                        await connection.say(#"{"type":"ping","id":"p"}"#)
                    }
                    isOver = event["id"]?.text == "p"
                }
                #expect(isOver && images == (safety == nil ? 0 : 1))
            }
        }
    }
}
