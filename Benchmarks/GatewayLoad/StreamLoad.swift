import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix

/// As many clients with server-sent events as with WebSockets, each watching one of the jobs.
struct StreamLoad {
    let port: Int
    let server: pid_t
    let clients: Int
    let jobs: Int
    let seconds: Double

    func run() async throws {
        raiseDescriptorLimit()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var names: [String] = []
        for number in 0..<jobs { names.append(try await submit("job \(number)", on: group)) }
        let before = try residentBytes()

        var listeners: [(StreamListener, any Channel)] = []
        var idle: [String] = []
        for kind in [StreamListener.Kind.events, .webSocket] {
            let before = try residentBytes()
            for number in 0..<clients {
                let listener = StreamListener(kind, job: names[number % names.count])
                listeners.append(try await connect(listener, on: group))
            }
            try await settle(listeners)
            idle.append("\(kind) \((try residentBytes() - before) / max(clients, 1))")
        }
        idle.append("both \((try residentBytes() - before) / max(listeners.count, 1))")

        _ = try await submit("begin", on: group)
        try await Task.sleep(for: .seconds(3))
        for (listener, channel) in listeners { try await channel.eventLoop.submit { listener.latencies = [] }.get() }
        let start = sharedClock()
        try await Task.sleep(for: .seconds(seconds))
        let elapsed = sharedClock() - start
        var all: [StreamListener.Kind: [Double]] = [:]
        var closed = 0, fewest = Int.max
        for (listener, channel) in listeners {
            let latencies = try await channel.eventLoop.submit { listener.latencies }.get()
            all[listener.kind, default: []] += latencies
            fewest = min(fewest, latencies.count)
            if !channel.isActive { closed += 1 }
        }
        print("\(listeners.count) clients on \(jobs) jobs, \(jobs) events/s told, for \(Int(elapsed)) s")
        for (kind, latencies) in all.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            let sorted = latencies.sorted()
            func milliseconds(_ share: Double) -> String {
                guard !sorted.isEmpty else { return "-" }
                let value = sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]
                return "\((value * 10_000).rounded() / 10) ms"
            }
            print(
                "  \(kind): \(Int(Double(sorted.count) / elapsed)) deliveries/s, p50 \(milliseconds(0.5)), "
                    + "p99 \(milliseconds(0.99)), most \(milliseconds(1))")
        }
        print("  fewest events of a client \(fewest), connections lost \(closed)")
        print("  resident memory of the server's process, bytes for each idle client: \(idle.joined(separator: ", "))")
        print("  and in all, bytes: \(before) before them, \(try residentBytes()) at the end")
        try await group.shutdownGracefully()
    }

    /// Waits until every client has been told where its job stands, and the server has had time to settle.
    private func settle(_ listeners: [(StreamListener, any Channel)]) async throws {
        for (listener, channel) in listeners {
            while try await !channel.eventLoop.submit({ listener.hasBeenTold }).get() {
                guard channel.isActive else { throw LoadError(reason: "a connection was lost") }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        try await Task.sleep(for: .seconds(3))
    }

    private func connect(
        _ listener: StreamListener, on group: MultiThreadedEventLoopGroup
    ) async throws -> (StreamListener, any Channel) {
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { $0.pipeline.addHandler(listener) }
            .connect(host: "127.0.0.1", port: port).get()
        return (listener, channel)
    }

    /// Submits a job and returns its name.
    private func submit(_ prompt: String, on group: MultiThreadedEventLoopGroup) async throws -> String {
        let body = "{\"prompt\":\"\(prompt)\"}"
        let answer = try await ClientBootstrap(group: group)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
            .executeThenClose { inbound, outbound in
                try await outbound.write(
                    ByteBuffer(
                        string: """
                            POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r
                            Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)
                            """))
                var text = ""
                for try await part in inbound { text += String(buffer: part) }
                return text
            }
        guard let start = answer.firstRange(of: "\"job_")?.lowerBound else { throw LoadError(reason: answer) }
        return String(answer[answer.index(after: start)...].prefix { $0 != "\"" })
    }

    /// What the server's process holds in memory.
    private func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(server)/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(getpagesize())
    }
}

/// Why a measurement could not be made.
struct LoadError: Error {
    let reason: String
}
