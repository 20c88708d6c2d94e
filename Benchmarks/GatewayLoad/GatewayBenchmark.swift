import DaguerreJobs
import Glibc

/// Measures the gateway without an engine behind it, and the engine without a gateway; Benchmarks/README.md says how, and what it
/// gave.
///
///     GatewayBenchmark serve --data FOLDER --port 7999 [--idle]
///     GatewayBenchmark streams --port 7999 --pid PID --clients 2000 --jobs 400 --seconds 60
///     GatewayBenchmark engine --size 64
@main
struct GatewayBenchmark {
    static func main() async throws {
        let options = Options(CommandLine.arguments.dropFirst())
        switch options.command {
        case "serve":
            try await StubServer.run(
                data: options.text("data", else: "gateway-benchmark"), port: options.number("port", else: 7999),
                isIdle: options.has("idle"))
        case "streams":
            try await StreamLoad(
                port: options.number("port", else: 7999), server: pid_t(options.number("pid", else: 0)),
                clients: options.number("clients", else: 2000), jobs: options.number("jobs", else: 400),
                seconds: Double(options.number("seconds", else: 60))
            ).run()
        case "engine": try await EngineTurns.run(width: options.number("size", else: 64))
        default:
            print("usage: GatewayBenchmark serve|streams|engine [--name value …]")
            exit(2)
        }
    }
}

/// `command --name value --flag …`.
private struct Options {
    let command: String
    private let words: [String]

    init(_ words: ArraySlice<String>) {
        command = words.first ?? ""
        self.words = Array(words.dropFirst())
    }

    func has(_ name: String) -> Bool { words.contains("--" + name) }

    func text(_ name: String, else standard: String) -> String {
        guard let index = words.firstIndex(of: "--" + name), index + 1 < words.count else { return standard }
        return words[index + 1]
    }

    func number(_ name: String, else standard: Int) -> Int { Int(text(name, else: "")) ?? standard }
}

/// Seconds of a clock that all processes of the machine share.
func sharedClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Lets the process have as many descriptors as the system allows.
func raiseDescriptorLimit() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
}
