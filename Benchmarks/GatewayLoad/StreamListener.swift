import Glibc
import NIOCore

/// One client that watches a job and notes how late each event comes; used on its event loop only.
final class StreamListener: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    enum Kind {
        case events, webSocket
    }

    let kind: Kind
    /// Seconds from each event's being told to its arrival.
    var latencies: [Double] = []
    /// Whether it knows where its job stands.
    private(set) var hasBeenTold = false
    private let job: String
    private var hasAnswered = false
    private var rest = ByteBuffer()

    init(_ kind: Kind, job: String) {
        self.kind = kind
        self.job = job
    }

    func channelActive(context: ChannelHandlerContext) {
        let head =
            switch kind {
            case .events: "GET /v1/jobs/\(job)/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            case .webSocket:
                "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            }
        context.writeAndFlush(NIOAny(ByteBuffer(string: head)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        rest.writeBuffer(&part)
        if !hasAnswered {
            guard let end = rest.readableBytesView.firstRange(of: "\r\n\r\n".utf8) else { return }
            rest.moveReaderIndex(to: end.upperBound)
            hasAnswered = true
            if kind == .webSocket { send("{\"type\":\"subscribe\",\"job\":\"\(job)\"}", opcode: 1, context) }
        }
        switch kind {
        case .events: readEvents()
        case .webSocket: while readFrame(context) {}
        }
        rest.discardReadBytes()
    }

    /// Events end with an empty line.
    private func readEvents() {
        while let end = rest.readableBytesView.firstRange(of: "\n\n".utf8) {
            note(rest.readableBytesView[..<end.lowerBound])
            rest.moveReaderIndex(to: end.upperBound)
        }
    }

    /// A frame of the server, which is never masked.
    private func readFrame(_ context: ChannelHandlerContext) -> Bool {
        let start = rest.readerIndex
        guard let first: UInt8 = rest.getInteger(at: start), let second: UInt8 = rest.getInteger(at: start + 1) else {
            return false
        }
        var (length, head) = (Int(second), 2)
        if second == 126 {
            guard let long: UInt16 = rest.getInteger(at: start + 2) else { return false }
            (length, head) = (Int(long), 4)
        } else if second == 127 {
            guard let long: UInt64 = rest.getInteger(at: start + 2) else { return false }
            (length, head) = (Int(long), 10)
        }
        guard rest.readableBytes >= head + length else { return false }
        rest.moveReaderIndex(forwardBy: head)
        let payload = rest.readSlice(length: length) ?? ByteBuffer()
        switch first & 0xf {
        case 9: send(String(buffer: payload), opcode: 10, context)
        default: note(payload.readableBytesView)
        }
        return true
    }

    private func send(_ text: String, opcode: UInt8, _ context: ChannelHandlerContext) {
        // A mask of zeros is a mask.
        var frame = ByteBuffer(bytes: [0x80 | opcode, 0x80 | UInt8(min(text.utf8.count, 125)), 0, 0, 0, 0])
        frame.writeString(text)
        context.writeAndFlush(NIOAny(frame), promise: nil)
    }

    /// Notes how late an event of progress is.
    private func note(_ bytes: ByteBufferView) {
        if !hasBeenTold { hasBeenTold = bytes.firstRange(of: "\"state\":".utf8) != nil }
        guard let name = bytes.firstRange(of: "\"seconds_left\":".utf8) else { return }
        let digits = bytes[name.upperBound...].prefix { (0x30...0x39).contains($0) || $0 == 0x2e }
        guard let told = Double(String(decoding: digits, as: UTF8.self)) else { return }
        latencies.append(sharedClock() - told)
    }
}
