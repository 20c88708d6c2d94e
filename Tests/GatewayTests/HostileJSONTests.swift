import DaguerreGateway
import FoundationEssentials
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import Testing

/// JSON of the compatible interfaces, whose values are of any kind and number.
@Suite(.timeLimit(.minutes(1))) struct HostileJSONTests {
    private static let withoutPictures = [
        "/v1/images/generations", "/generate", "/sdapi/v1/options", "/internal/progress",
    ]
    private static let withPictures = [
        "/sdapi/v1/txt2img", "/sdapi/v1/img2img", "/sdapi/v1/extra-single-image", "/sdapi/v1/extra-batch-images",
        "/sdapi/v1/png-info", "/controlnet/detect",
    ]

    @Test(arguments: withoutPictures) func aBodyWithoutPicturesIsOfAMebibyteAtMost(path: String) async throws {
        try await CompatibleServer.run { server async throws in
            let body =
                Array(#"{"x":""#.utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20) + Array(#""}"#.utf8)
            #expect(try await server.send(path, body, type: "application/json").status == 413)
        }
    }

    @Test(arguments: withoutPictures + withPictures) func valuesAreCountedBeforeTheyAreDecoded(path: String)
        async throws
    {
        try await CompatibleServer.run { server async throws in
            func refusal(_ text: String) async throws -> String {
                let answer = try await server.send(path, Array(text.utf8), type: "application/json")
                #expect(answer.status == 422 || answer.status == 400, "\(answer.text)")
                return answer.text
            }
            let zeros = String(repeating: "0,", count: 10_000) + "0"
            #expect(try await refusal(#"{"x":[\#(zeros)]}"#).contains("more than 10000 values"))
            let objects = String(repeating: #"{"a":""},"#, count: 5000) + "0"
            #expect(try await refusal(#"{"x":[\#(objects)]}"#).contains("more than 10000 values"))
            let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
            #expect(try await refusal(#"{"x":\#(deep)}"#).contains("at most 64 within each other"))
            #expect(try await refusal(#"{"\#(String(repeating: "a", count: 257))":0}"#).contains("at most 256 bytes"))
        }
    }

    /// What stands in texts is no value, whatever it looks like.
    @Test func textsAreOneValueEach() async throws {
        try await CompatibleServer.run { server async throws in
            let text = String(repeating: #",[{\"\\"#, count: 10_001)
            let answer = try await server.send(
                "/sdapi/v1/options", Array(#"{"x":"\#(text)"}"#.utf8), type: "application/json")
            #expect(answer.status == 200, "\(answer.text)")
            let nested = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
            #expect(
                try await server.send("/sdapi/v1/options", Array(#"{"x":\#(nested)}"#.utf8)).status == 200)
        }
    }

    /// In other encodings the quotation marks that a count goes by could be parts of other characters.
    @Test func otherEncodingsAreRefused() async throws {
        try await CompatibleServer.run { server async throws in
            for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf32] {
                let body = try #require(#"{"x":"∀"}"#.data(using: encoding))
                let answer = try await server.send("/sdapi/v1/txt2img", Array(body), type: "application/json")
                #expect(answer.status == 422 && answer.text.contains("JSON in UTF-8"), "\(answer.text)")
            }
        }
    }

    /// The largest body there can be, of the smallest values there are: about 3 GB without the count.
    @Test func zerosWithoutEndTakeAFewTimesTheirSize() async throws {
        try await CompatibleServer.run { server async throws in
            let size = 48 << 20
            var body = Array(#"{"x":["#.utf8)
            body += (0..<size / 2 - 8).flatMap { _ in [UInt8(ascii: "0"), UInt8(ascii: ",")] } + Array("0]}".utf8)
            #expect(body.count <= size)
            // Forgets the peak so far.
            try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
            let before = try memory("VmHWM")
            for path in Self.withPictures {
                #expect(try await server.send(path, body, type: "application/json").status == 422)
            }
            let taken = try memory("VmHWM") - before
            // The body as the client of the test has it, as it arrives, and as it is looked at.
            #expect(taken < 6 * size, "\(taken >> 20) MiB")
        }
    }

    /// Bytes, by the name that the kernel has for them.
    private func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first) << 10
    }

    /// Answers repeat the request, which is kept for as long as its job waits.
    @Test func whatIsRepeatedIsBounded() async throws {
        try await CompatibleServer.run { server async throws in
            var body: [String: Any] = ["prompt": "x", "steps": 1, "width": 64, "height": 64]
            body["junk"] = ["a": [String(repeating: "b", count: 5 << 20)]]
            let answer = try await server.post("/sdapi/v1/txt2img", body)
            #expect(answer.status == 200)
            let parameters = answer.object["parameters"] as? [String: Any]
            #expect(parameters?["prompt"] as? String == "x")
            #expect(answer.bytes.count < 1 << 20)
        }
    }
}
