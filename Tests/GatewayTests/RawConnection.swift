import NIOCore
import NIOPosix
import NIOSSL
import Testing

/// A connection to a gateway on which anything at all can be sent.
final class RawConnection {
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// What has come and has not been taken.
    private(set) var received: [UInt8] = []
    /// Whether the other end has closed.
    private(set) var isClosed = false

    private init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        iterator = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Connects, and closes at the end.
    ///
    /// - Parameter tls: how to speak TLS to `localhost`; not at all if nil.
    static func open<Value: Sendable>(
        _ port: Int, tls: NIOSSLContext? = nil, _ talk: @Sendable (RawConnection) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await talk(RawConnection(inbound, outbound))
        }
    }

    /// Sends; what the other end has closed already swallows it.
    func send(_ bytes: [UInt8]) async {
        do { try await outbound.write(ByteBuffer(bytes: bytes)) } catch { isClosed = true }
    }

    /// Sends text.
    func send(_ text: String) async { await send(Array(text.utf8)) }

    /// Reads one more piece; `false` at the end.
    func receive() async -> Bool {
        do {
            guard let buffer = try await iterator.next() else {
                isClosed = true
                return false
            }
            received += Array(buffer: buffer)
            return true
        } catch {
            isClosed = true
            return false
        }
    }

    /// Reads until `text` has come or the other end closes; takes and returns all that has come by then.
    func take(until text: String) async -> String {
        let wanted = Array(text.utf8)
        var place = 0
        while received[place...].firstRange(of: wanted) == nil {
            // What has been looked at is not looked at again, but for the beginning of what is wanted.
            place = max(received.count - wanted.count, 0)
            guard await receive() else { break }
        }
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Reads until the other end closes.
    func takeAll() async -> String {
        while await receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Takes so many bytes; fewer if the other end closes.
    func take(_ count: Int) async -> [UInt8] {
        while received.count < count, await receive() {}
        defer { received.removeFirst(min(count, received.count)) }
        return Array(received.prefix(count))
    }
}

extension RawConnection {
    /// Asks for a WebSocket and reads the answer's head.
    func upgrade(_ headers: String = "", path: String = "/v1/ws") async -> String {
        await send(
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\(headers)\r\n")
        let wanted = Array("\r\n\r\n".utf8)
        var end = received.firstRange(of: wanted)
        while end == nil, await receive() { end = received.firstRange(of: wanted) }
        guard let end else { return String(decoding: received, as: UTF8.self) }
        defer { received.removeFirst(end.upperBound) }
        return String(decoding: received[..<end.upperBound], as: UTF8.self)
    }

    /// Sends a masked frame.
    func sendFrame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) async {
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default: frame += [0x80 | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        await send(frame + [1, 2, 3, 4] + payload.enumerated().map { $1 ^ [1, 2, 3, 4][$0 % 4] })
    }

    /// Says something.
    func say(_ text: String) async { await sendFrame(1, Array(text.utf8)) }

    /// The next frame that is no ping; nil when the other end has closed.
    func frame() async -> (opcode: UInt8, payload: [UInt8])? {
        while true {
            let head = await take(2)
            guard head.count == 2 else { return nil }
            var count = Int(head[1] & 0x7f)
            if count >= 126 { count = await take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
            let payload = await take(count)
            guard payload.count == count else { return nil }
            if head[0] & 0x0f != 9 { return (head[0] & 0x0f, payload) }
        }
    }

    /// The next text.
    func hear() async throws -> JSONTree {
        let frame = try #require(await frame())
        #expect(frame.opcode == 1)
        return try JSONTree(bytes: frame.payload)
    }
}
