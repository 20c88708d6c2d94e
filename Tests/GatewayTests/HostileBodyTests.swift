import DaguerreGateway
import GatewaySupport
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct HostileBodyTests {
    private static let good =
        #"{"prompt":"an apple","steps":3,"loras":[{"name":"ink","weight":0.5}],"hires":{"scale":2}}"#

    private func status(_ client: any TestClientProtocol, _ bytes: [UInt8]) async throws -> Int {
        try await client.executeRequest(
            uri: "/v1/jobs", method: .post, headers: [.contentType: "application/json"], body: ByteBuffer(bytes: bytes)
        ).status.code
    }

    @Test func aBodyThatIsCutAnywhereIsRefused() async throws {
        try await asking { client, _ async throws in
            let whole = Array(Self.good.utf8)
            #expect(try await status(client, whole) == 202)
            for length in 0..<whole.count {
                #expect(try await status(client, Array(whole.prefix(length))) == 422, "\(length) bytes")
            }
        }
    }

    @Test func aBodyWithAnyByteChangedIsAnsweredWithoutFault() async throws {
        try await asking { client, _ async throws in
            let whole = Array(Self.good.utf8)
            var generator = SystemRandomNumberGenerator()
            for index in whole.indices {
                for byte in [0, 0x22, 0x7b, 0x5b, 0xff, UInt8.random(in: 0...255, using: &generator)] {
                    var changed = whole
                    changed[index] = byte
                    let status = try await status(client, changed)
                    #expect([202, 422].contains(status), "byte \(index) as \(byte): \(status)")
                }
            }
        }
    }

    @Test(arguments: [
        String(repeating: "[", count: 500_000), String(repeating: #"{"a":"#, count: 100_000),
        #"{"prompt":"x","steps":1e999}"#, #"{"prompt":"x","seed":-1}"#, #"{"prompt":"x","seed":18446744073709551616}"#,
        #"{"prompt":"x","width":9223372036854775807}"#, #"{"prompt":"x","count":-9223372036854775808}"#,
        #"{"prompt":"x","guidance_scale":NaN}"#, #"{"prompt":"\ud800"}"#, #"{"prompt":null}"#, "null", "0", "\"\"",
        #"{"prompt":"x","loras":[\#(String(repeating: #"{"name":"ink"},"#, count: 10_000)){"name":"ink"}]}"#,
    ])
    func aBodyMadeToHurtIsRefused(body: String) async throws {
        try await asking { client, _ async throws in #expect(try await status(client, Array(body.utf8)) == 422) }
    }

    @Test func textThatIsNoUTF8IsRefused() async throws {
        try await asking { client, _ async throws in
            for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] {
                let body = Array(#"{"prompt":""#.utf8) + bytes + Array(#""}"#.utf8)
                #expect(try await status(client, body) == 422, "\(bytes)")
            }
        }
    }

    @Test func aBodyBeyondTheLimitIsRefused() async throws {
        try await asking { client, _ async throws in
            #expect(try await status(client, [UInt8](repeating: 0x20, count: 1 << 20 + 1)) == 413)
        }
    }
}
