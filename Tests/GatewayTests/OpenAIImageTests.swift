import DaguerreImaging
import DaguerreJobs
import DaguerrePixels
import Foundation
import GatewaySupport
import Testing

@Suite struct OpenAIImageTests {
    private static let boundary = "----b"

    /// A form with texts and files.
    private func form(_ fields: [(name: String, file: [UInt8]?, text: String)]) -> [UInt8] {
        var body: [UInt8] = []
        for field in fields {
            body += Array("--\(Self.boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"".utf8)
            body += Array(
                (field.file == nil ? "\r\n\r\n" : "; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n").utf8)
            body += (field.file ?? Array(field.text.utf8)) + Array("\r\n".utf8)
        }
        return body + Array("--\(Self.boundary)--\r\n".utf8)
    }

    private func edit(_ server: CompatibleServer, _ body: [UInt8]) async throws -> CompatibleServer.Answer {
        try await server.send("/v1/images/edits", body, type: "multipart/form-data; boundary=\(Self.boundary)")
    }

    @Test func everyFieldComesDownToTheRequest() async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.post(
                "/v1/images/generations",
                [
                    "prompt": "a cat", "model": "other model", "n": 2, "size": "64x128", "response_format": "b64_json",
                    "quality": "high", "style": "vivid", "background": "opaque", "output_format": "webp",
                    "output_compression": 0, "moderation": "low", "user": "u", "negative_prompt": "a dog",
                    "num_inference_steps": 3, "guidance_scale": 2.5, "seed": 9, "sampler": "DPM++ 2M Karras",
                    "clip_skip": 2, "logit_bias": 1,
                ])
            #expect(answer.status == 200, "\(answer.text.prefix(300))")
            var expected = JobRequest("a cat")
            (expected.model, expected.count, expected.width, expected.height) = ("other model", 2, 64, 128)
            (expected.negativePrompt, expected.steps, expected.guidanceScale) = ("a dog", 3, 2.5)
            (expected.seed, expected.sampler, expected.schedule) = (9, "DPM++ 2M", "Karras")
            (expected.clipSkip, expected.output.format, expected.output.quality) = (2, .webp, 1)
            #expect(try await server.requests() == [expected])
            #expect((answer.object["data"] as? [[String: Any]])?.compactMap { $0["b64_json"] as? String }.count == 2)
            #expect(answer.object["size"] as? String == "64x128" && answer.object["quality"] as? String == "high")
            #expect(answer.header("X-Daguerre-Ignored") == "logit_bias")
        }
    }

    @Test func addressesServeTheImages() async throws {
        try await CompatibleServer.run { server in
            let answer = try await server.post("/v1/images/generations", ["prompt": "a"])
            let url = try #require((answer.object["data"] as? [[String: Any]])?.first?["url"] as? String)
            #expect(url.hasPrefix("http://localhost/v1/images/"))
            let image = try await server.get(String(url.dropFirst("http://localhost".count)))
            #expect(image.status == 200)
            #expect(try ImageFile.decode(image.bytes).image.width == 64)
        }
    }

    @Test func namesThatClientsHaveBuiltInCanStandForModels() async throws {
        try await CompatibleServer.run(aliases: ["dall-e-3": "other model", "gpt-image-1": "builtin"]) { server in
            _ = try await server.post("/v1/images/generations", ["prompt": "a", "model": "dall-e-3"])
            #expect(try await server.requests().first?.model == "other model")
            let answer = try await server.post("/v1/images/generations", ["prompt": "a", "model": "gpt-image-1"])
            #expect(answer.text.contains("b64_json"), "the only form that clients of this model know")
            let unknown = try await server.post("/v1/images/generations", ["prompt": "a", "model": "dall-e-2"])
            let error = try #require(unknown.object["error"] as? [String: Any])
            #expect(unknown.status == 404 && error["code"] as? String == "model_not_found")
            #expect(error["param"] as? String == "model" && error["type"] as? String == "invalid_request_error")
        }
    }

    @Test(arguments: [
        ("prompt", ""), ("n", "0"), ("n", "99"), ("size", "big"), ("size", "63x64"), ("size", "64x"),
        ("quality", "best"),
        ("response_format", "svg"), ("output_format", "gif"), ("background", "transparent"), ("partial_images", "2"),
        ("output_compression", "101"), ("guidance_scale", "x"), ("sampler", "nonesuch"), ("stream", "perhaps"),
    ])
    func whatCannotBeIsRefusedByItsField(field: String, value: String) async throws {
        try await CompatibleServer.run { server in
            var body = ["prompt": "a"]
            body[field] = value
            let answer = try await server.post("/v1/images/generations", body)
            let error = try #require(answer.object["error"] as? [String: Any])
            #expect(answer.status == 400 && error["param"] as? String == field, "\(answer.text)")
            #expect(Set(error.keys) == ["message", "type", "param", "code"])
            #expect(try await server.requests().isEmpty)
        }
    }

    @Test func imagesComeAsEvents() async throws {
        var drawing = StubServer.Drawing()
        drawing.step = .milliseconds(10)
        try await CompatibleServer.run(drawing) { server in
            let answer = try await server.post(
                "/v1/images/generations",
                [
                    "prompt": "a", "stream": true, "partial_images": 2, "num_inference_steps": 30, "size": "64x64",
                    "output_format": "jpeg",
                ])
            #expect(answer.header("Content-Type") == "text/event-stream")
            let events = answer.text.split(separator: "\n\n").map { $0.split(separator: "\n", maxSplits: 1) }
            #expect(
                events.map { $0[0] } == [
                    "event: image_generation.partial_image", "event: image_generation.partial_image",
                    "event: image_generation.completed",
                ])
            for (index, event) in events.enumerated() {
                let data = try #require(
                    try JSONSerialization.jsonObject(with: Data(event[1].dropFirst("data: ".count).utf8))
                        as? [String: Any])
                #expect("event: " + (data["type"] as? String ?? "") == event[0])
                let file = [UInt8](Data(base64Encoded: data["b64_json"] as? String ?? "") ?? Data())
                let image = try ImageFile.decode(file).image
                #expect((image.width, image.height) == (64, 64))
                for key in ["created_at", "size", "quality", "background", "output_format"] {
                    #expect(data[key] != nil)
                }
                if index < 2 {
                    #expect(data["partial_image_index"] as? Int == index)
                    #expect(ImageFormat(sniffing: file) == .jpeg)
                } else {
                    let usage = try #require(data["usage"] as? [String: Any])
                    #expect(
                        Set(usage.keys) == ["input_tokens", "output_tokens", "total_tokens", "input_tokens_details"])
                }
            }
        }
    }

    @Test func aStreamWhoseJobFailsEndsWithAnError() async throws {
        var drawing = StubServer.Drawing()
        drawing.outcomes["a"] = .blocked([], JobUsage(stages: [], steps: 0, peakBytes: 0))
        try await CompatibleServer.run(drawing) { server in
            let streamed = try await server.post("/v1/images/generations", ["prompt": "a", "stream": true])
            #expect(streamed.status == 200 && streamed.text.hasPrefix("event: error\ndata: {\"error\":"))
            #expect(streamed.text.contains("moderation_blocked"))
            let plain = try await server.post("/v1/images/generations", ["prompt": "a"])
            #expect(plain.status == 400 && plain.text.contains("moderation_blocked"))
        }
    }

    @Test func whatIsTransparentInAMaskIsToChange() async throws {
        let picture = Image(width: 64, height: 72, filledWith: [200, 10, 10])
        let mask = Image(
            width: 64, height: 72, channels: .rgba,
            pixels: (0..<64 * 72).flatMap { [255, 255, 255, $0 % 64 < 32 ? 0 : 255] as [UInt8] })
        try await CompatibleServer.run { server in
            let answer = try await edit(
                server,
                form([
                    ("image[]", try ImageFile.encode(picture, as: .jpeg), ""),
                    ("image[]", try ImageFile.encode(picture, as: .png), ""),
                    ("mask", try ImageFile.encode(mask, as: .png), ""), ("prompt", nil, "a cat"), ("n", nil, "2"),
                    ("num_inference_steps", nil, "3"),
                ]))
            #expect(answer.status == 200, "\(answer.text.prefix(300))")
            let request = try #require(try await server.requests().first)
            #expect((request.count, request.steps) == (2, 3))
            #expect((request.width, request.height) == (64, 72), "those of the picture")
            #expect(request.image?.strength == 1 && request.mask?.isInverted == false)
            let cover = try await server.upload(request.mask?.upload).converted(to: .grey)
            #expect(cover[0, 0].first == 255 && cover[63, 71].first == 0)
            #expect(answer.header("X-Daguerre-Ignored") == "image[1]")
        }
    }

    @Test func aWholePictureIsEditedWithoutAMask() async throws {
        try await CompatibleServer.run { server in
            let file = try ImageFile.encode(Image(width: 64, height: 64, filledWith: [1, 2, 3]), as: .png)
            let fields: [(String, [UInt8]?, String)] = [
                ("image", file, ""), ("prompt", nil, "a"), ("size", nil, "128x128"),
            ]
            _ = try await edit(server, form(fields))
            _ = try await edit(server, form(fields + [("strength", nil, "0.3")]))
            let requests = try await server.requests()
            #expect(requests.map { $0.image?.strength } == [0.3, 0.75] && requests.allSatisfy { $0.mask == nil })
            #expect(requests[0].width == 128)
        }
    }

    @Test func formsThatAreNoneAreRefused() async throws {
        try await CompatibleServer.run { server in
            let file = try ImageFile.encode(Image(width: 64, height: 64, filledWith: [1, 2, 3]), as: .png)
            let whole = form([("image", file, ""), ("prompt", nil, "a")])
            for body in [
                [], Array(whole.dropLast(4)), form([("prompt", nil, "a")]), form([("image", file, "")]),
                form([("image", [1, 2, 3], ""), ("prompt", nil, "a")]), Array(whole.dropFirst()),
            ] {
                let answer = try await edit(server, body)
                #expect(answer.status == 400 && answer.object["error"] != nil, "\(answer.text)")
            }
            let asJSON = try await server.post("/v1/images/edits", ["prompt": "a"])
            #expect(asJSON.status == 400 && asJSON.text.contains("Content-Type"))
            #expect(try await server.requests().isEmpty)
        }
    }

    @Test func theMinimalFormTakesQueriesAndJSON() async throws {
        try await CompatibleServer.run { server in
            for answer in [
                try await server.send("/generate?prompt=a%20cat&steps=3&width=64&height=72&seed=4", []),
                try await server.post("/generate", ["prompt": "a cat", "steps": 3, "size": "64x72", "seed": 4]),
            ] {
                #expect(answer.status == 200 && answer.object["status"] as? String == "success", "\(answer.text)")
                let url = try #require(answer.object["url"] as? String)
                #expect(
                    try await server.get(String(url.dropFirst("http://localhost".count))).header("Content-Type")
                        == "image/png")
            }
            let requests = try await server.requests()
            #expect(requests[0] == requests[1] && requests[0].prompt == "a cat" && requests[0].height == 72)
            let refused = try await server.send("/generate", [])
            #expect(refused.status == 422 && refused.object["status"] as? String == "error")
            #expect((refused.object["message"] as? String)?.contains("prompt") == true)
        }
    }
}
