import DaguerreAccess
import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct RevocationTests {
    /// Real keys in a store in memory, one of which can be revoked.
    private struct Keys: CallerSource {
        let store = Store()
        let authenticator: KeyAuthenticator
        let (key, token): (APIKey, KeyToken)

        init() async throws {
            let pepper = try #require(Pepper([UInt8](repeating: 7, count: 32)))
            (key, token) = try APIKey.make(name: "a", scope: .generate, limits: KeyLimits(), pepper: pepper, at: 1)
            try await store.add(key)
            authenticator = KeyAuthenticator(store, pepper)
        }

        var header: String { "X-API-Key: \(token.text)\r\n" }

        func revoke() async throws { #expect(try await store.revoke(key.id, at: 2)) }

        func caller(presenting text: String) async throws -> Caller? {
            try await authenticator.key(presenting: text).map { Caller(owner: Owner($0.id), scope: $0.scope) }
        }

        func refusal(of caller: Caller) async -> Double? { nil }
    }

    private final class Store: KeyStore {
        private let kept = Mutex<[String: APIKey]>([:])

        func keys() async throws -> [APIKey] { kept.withLock { Array($0.values) } }
        func key(_ id: String) async throws -> APIKey? { kept.withLock { $0[id] } }
        func add(_ key: APIKey) async throws { kept.withLock { $0[key.id] = key } }
        func revoke(_ id: String, at milliseconds: Int64) async throws -> Bool {
            kept.withLock { kept in
                guard let key = kept[id], key.revoked == nil else { return false }
                kept[id] = APIKey(
                    id: id, name: key.name, scope: key.scope, limits: key.limits, hash: key.hash, created: key.created,
                    revoked: milliseconds)
                return true
            }
        }
    }

    /// The next frame must be a close with 1008, and the last.
    private func expectGoodbye(_ connection: RawConnection, since start: ContinuousClock.Instant) async {
        var frame = await connection.frame()
        while let other = frame, other.opcode != 8 { frame = await connection.frame() }
        #expect(frame?.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == 1008)
        #expect(String(decoding: frame?.payload.dropFirst(2) ?? [], as: UTF8.self) == "the key has been revoked")
        #expect(await connection.frame() == nil)
        #expect(ContinuousClock().now - start < .seconds(4))
    }

    @Test func aSilentWebSocketEndsWithItsKey() async throws {
        let keys = try await Keys()
        try await serving(keys: keys) { port, _ async throws in
            for header in [keys.header, "Sec-WebSocket-Protocol: daguerre.key.\(keys.token.text)\r\n"] {
                try await RawConnection.open(port) { connection async throws in
                    #expect(await connection.upgrade(header).hasPrefix("HTTP/1.1 101"))
                    if header != keys.header { return }
                    await connection.say(#"{"type":"subscribe"}"#)
                    #expect(try await connection.hear()["type"]?.text == "subscribed")
                    try await Task.sleep(for: .seconds(1.2))
                    await connection.say(#"{"type":"ping"}"#)
                    #expect(try await connection.hear()["type"]?.text == "pong", "a good key outlives the looks at it")
                }
            }
            try await RawConnection.open(port) { connection async throws in
                #expect(
                    await connection.upgrade("Sec-WebSocket-Protocol: daguerre.key.\(keys.token.text)\r\n")
                        .hasPrefix("HTTP/1.1 101"))
                let start = ContinuousClock().now
                try await keys.revoke()
                await expectGoodbye(connection, since: start)
            }
        }
    }

    /// Without a look in between: the message itself is refused.
    @Test func aMessageUnderARevokedKeyIsNotHeard() async throws {
        let keys = try await Keys()
        var bounds = GatewayConfiguration.Bounds()
        bounds.keySeconds = 1000
        try await serving(keys: keys, bounds: bounds) { port, server async throws in
            try await RawConnection.open(port) { connection async throws in
                #expect(await connection.upgrade(keys.header).hasPrefix("HTTP/1.1 101"))
                try await keys.revoke()
                try await Task.sleep(for: KeyAuthenticator.memory + .milliseconds(100))
                let start = ContinuousClock().now
                await connection.say(#"{"type":"submit","request":{"prompt":"x"}}"#)
                await expectGoodbye(connection, since: start)
                #expect(try await server.service.jobs(of: Caller(owner: Owner(keys.key.id), scope: .admin)).isEmpty)
            }
        }
    }

    @Test(arguments: ["GET /v1/events HTTP/1.1\r\n", "POST /v1/images/generations HTTP/1.1\r\nContent-Length: 30\r\n"])
    func aStreamEndsWithItsKey(ask: String) async throws {
        let keys = try await Keys()
        var drawing = StubServer.Drawing()
        drawing.isOn = false
        try await serving(drawing, keys: keys) { port, _ async throws in
            try await RawConnection.open(port) { connection async throws in
                let body = ask.hasPrefix("POST") ? #"{"prompt":"x","stream":true}  "# : ""
                await connection.send(ask + "Host: 127.0.0.1\r\n\(keys.header)\r\n\(body)")
                while !String(decoding: connection.received, as: UTF8.self).contains("event-stream") {
                    try #require(await connection.receive())
                }
                let start = ContinuousClock().now
                try await keys.revoke()
                #expect(await connection.takeAll().hasSuffix("0\r\n\r\n"), "a whole answer")
                #expect(ContinuousClock().now - start < .seconds(4))
            }
        }
    }
}
