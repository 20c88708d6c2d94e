import DaguerreAccess
import DaguerreGateway
import DaguerreJobs
import GatewaySupport
import Logging
import NIOCore
import NIOEmbedded
import Synchronization

/// A client's side of a WebSocket by the bytes: as they are, or, more often, as a script of frames, messages and moments.
///
/// Whatever comes, the real session must answer with frames as RFC 6455 has them, and end when the connection does: a trap, a
/// read outside the bytes, a leak, a talk without end or a frame that no client may be sent ends the run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var script = Array(UnsafeBufferPointer(start: start, count: count))[...]
    guard let kind = script.popFirst() else { return 0 }
    let talk = Talk(hasKey: kind & 2 != 0)
    if kind & 1 == 0 {
        talk.receive(Array(script))
    } else {
        while let step = script.popFirst(), !talk.isOver { talk.perform(step, &script) }
    }
    talk.end()
    return 0
}

/// Makes what is made once, before leaks are looked for: it lasts as long as the process, and some pointers to it (those to the
/// side tables of weak references) are written by Swift in a form that the sanitizer does not know for pointers.
@_cdecl("LLVMFuzzerInitialize")
public func prepare(
    _ count: UnsafeMutablePointer<CInt>?,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafePointer<CChar>?>?>?
) -> CInt {
    ignoreAllocations()
    let talk = Talk(hasKey: true)
    var script: ArraySlice<UInt8> = [1, 2, 0]
    for _ in 0..<3 { talk.perform(3, &script) }
    talk.perform(5, &script)
    talk.end()
    lookAtAllocations()
    return 0
}

@_silgen_name("__lsan_disable") private func ignoreAllocations()
@_silgen_name("__lsan_enable") private func lookAtAllocations()

/// One connection, from after the upgrade to its end.
private final class Talk {
    private static let executor = InlineExecutor()
    private static let bounds = {
        var bounds = GatewayConfiguration.Bounds()
        bounds.messageBytes = 4096
        bounds.subscriptions = 4
        return bounds
    }()

    private let server = StubServer()
    private let relay: Task<Void, Never>
    private let channel = EmbeddedChannel()
    private let keys = RevocableKey()
    private let hasEnded = Shared(false)
    private var frames = ServerFrames()
    private var pieceLength = Int.max

    init(hasKey: Bool) {
        let changes = server.queue.changes(), events = server.events
        relay = Self.executor.start { for await job in changes { events.publish(job) } }
        _ = channel.connect(to: address)
        do {
            let talk = try WebSocketDoor.talk(
                on: channel, with: server.service, by: hasKey ? keys.caller : .local, key: hasKey ? "key" : nil,
                keys: hasKey ? keys : nil, bounds: Self.bounds,
                logger: Logger(label: "") { _ in SwiftLogNoOpLogHandler() }, tasksOn: Self.executor)
            Self.executor.start { [hasEnded] in
                await talk()
                hasEnded.value = true
            }
        } catch {
            fatalError("a pipeline that cannot be built: \(error)")
        }
        settle()
    }

    /// Whether nothing more is heard.
    var isOver: Bool { !channel.isActive }

    /// Does what `step` stands for, with what it takes of `script`.
    func perform(_ step: UInt8, _ script: inout ArraySlice<UInt8>) {
        switch step % 8 {
        case 0: receive(Array(take(from: &script)))
        case 1, 2:
            let head = script.popFirst() ?? 0x81
            receive(frame(head, take(from: &script), mask: step & 8 == 0 ? [0, 0, 0, 0] : [7, 0x80, 0xff, 1]))
        case 3: receive(frame(0x81, Self.messages[Int(script.popFirst() ?? 0) % Self.messages.count][...]))
        case 4: pieceLength = Int(script.popFirst() ?? 0) % 32 + 1
        case 5: Self.executor.complete { [server] in await Self.draw(server) }
        case 6: channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        default:
            switch script.popFirst() ?? 0 {
            case 0: channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            case 1: keys.isRevoked.value = true
            case 2: keys.isExhausted.value.toggle()
            case 3: server.service.draining.begin()
            default: receive([])
            }
        }
        settle()
    }

    /// Hears `bytes`, in pieces if it is to.
    func receive(_ bytes: [UInt8]) {
        var rest = bytes[...]
        repeat {
            // What the pipeline makes of an error is to close, or nothing.
            do { try channel.writeInbound(ByteBuffer(bytes: rest.prefix(pieceLength))) } catch {}
            rest = rest.dropFirst(pieceLength)
            settle()
        } while !rest.isEmpty && !isOver
    }

    /// Hangs up.
    func end() {
        if !isOver { channel.close(promise: nil) }
        settle()
        require(hasEnded.value, "a talk without end")
        frames.end()
        require(server.events.watcherCount == 0, "someone still watches")
        relay.cancel()
        Self.executor.run()
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private func settle() {
        repeat { channel.embeddedEventLoop.run() } while Self.executor.run()
        do {
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) { frames.take(buffer.readableBytesView) }
        } catch {
            fatalError("what is sent is no bytes: \(error)")
        }
    }

    /// A length of one byte, or of two above 250, and so many bytes.
    private func take(from script: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var count = Int(script.popFirst() ?? 0)
        if count > 250 { count = (count - 250) << 8 | Int(script.popFirst() ?? 0) }
        defer { script = script.dropFirst(count) }
        return script.prefix(count)
    }

    private func frame(_ head: UInt8, _ payload: ArraySlice<UInt8>, mask: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
        var bytes: [UInt8] = [head]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0xfe, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    private static let messages = [
        #"{"type":"ping","id":"a"}"#, #"{"type":"subscribe","results":true}"#,
        #"{"type":"submit","request":{"prompt":"x","previews":true,"count":2},"results":true}"#,
        #"{"type":"submit","idempotency_key":"k","deadline_seconds":9,"request":{"prompt":"y"}}"#,
        #"{"type":"cancel","job":"job_00000000000000000000000000000000"}"#,
        #"{"type":"submit","request":{"prompt":1}}"#,
    ].map { Array($0.utf8) }

    /// Draws the next job, with a step and a preview.
    private static func draw(_ server: StubServer) async {
        do {
            guard let lease = try await server.queue.lease(preferring: [], seconds: 600) else { return }
            let bytes: [UInt8] = [1, 2, 3]
            var progress = JobProgress(.denoising, step: 1, steps: 2, secondsLeft: 1)
            progress.preview = JobProgress.Preview(mediaType: "image/png", bytes: bytes, width: 1, height: 1)
            await Task.yield()
            server.events.publish(progress, of: lease.job.id)
            await Task.yield()
            let image = JobImage(
                digest: try await server.blobs.put(bytes), width: 1, height: 1, byteCount: bytes.count,
                mediaType: "image/png", seed: 1, infotext: "")
            _ = try await server.queue.finish(
                lease, .succeeded([image], JobUsage(stages: [], steps: 2, peakBytes: 1)))
        } catch {
            fatalError("the stub cannot draw: \(error)")
        }
    }
}

/// A key that may be revoked, or have asked too often, while it is in use.
private final class RevocableKey: CallerSource {
    let caller = Caller(owner: Owner("anna"), scope: .generate)
    let isRevoked = Shared(false), isExhausted = Shared(false)

    func caller(presenting key: String) async throws -> Caller? { isRevoked.value ? nil : caller }
    func refusal(of caller: Caller) async -> Double? { isExhausted.value ? 3 : nil }
}

private let address: SocketAddress = {
    do { return try SocketAddress(ipAddress: "127.0.0.1", port: 1) } catch { fatalError("\(error)") }
}()
