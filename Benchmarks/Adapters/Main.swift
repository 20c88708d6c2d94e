import DaguerreAdapters
import DaguerreCPU
import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import FoundationEssentials
import Glibc

/// Times adapters on a model's denoiser, and looks for what many switches leave behind.
@main struct AdapterBenchmark {
    static func main() {
        do {
            let bench = try Bench(Options(CommandLine.arguments.dropFirst()))
            exit(try bench.run() ? 0 : 1)
        } catch {
            let line = Array("AdapterBenchmark: \(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            exit(error is OptionError ? 2 : 1)
        }
    }
}

/// A denoiser, two adapters for it, and what both are run on.
struct Bench {
    private let options: Options
    private let backend: CPUBackend
    private let unet: UNet
    private let target: AdapterTarget
    private let clock = ContinuousClock()

    init(_ options: Options) throws {
        self.options = options
        backend = try CPUBackend(precision: options.precision, threads: options.threads)
        let files = try DiskModelFolder(path: options.model)
        let store = try files.weights(of: "unet")
        let ledger = WeightLedger(store, file: "unet")
        unet = try UNet(
            files.decode(UNetConfiguration.self, file: "unet/config.json"),
            from: WeightScope(ledger, backend: backend))
        try ledger.verify()
        store.dropPages()
        target = AdapterTarget(unet: store)
        print(
            "model on \(backend.threadCount) threads, \(backend.precision.rawValue): \(mebibytes(backend.memory.liveBytes))"
        )
    }

    /// Measures all; false if something was left behind.
    func run() throws -> Bool {
        let folder = FileManager.default.temporaryDirectory.appending(path: "daguerre-adapters-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = try ["a", "b"].map { name in
            let path = folder.appending(path: "\(name).safetensors").path
            try RandomAdapter(rank: options.rank, seed: name.utf8.first ?? 0).write(for: target, to: path)
            return path
        }
        var adapters: [BoundAdapter] = []
        for path in paths {
            let (adapter, seconds) = try timed { try Adapter(path: path).bind(to: target, strict: true) }
            let layers = adapter.receipt.matched.values.reduce(0, +)
            print("read, digest and bind, rank \(options.rank), \(layers) layers: \(milliseconds(seconds))")
            adapters.append(adapter)
        }
        let isClean = try switches(between: adapters)
        if options.size > 0 { try steps(adapters[0]) }
        return isClean
    }

    // MARK: Switches

    /// Passes over a small image, with another adapter in each; what is over the passes without a change is the switch.
    private func switches(between adapters: [BoundAdapter]) throws -> Bool {
        let pass = try Pass(unet, side: options.switchSide, on: backend)
        let base = try pass.run(on: backend)
        let held = backend.memory
        let prepared = PreparedAdapters(target, limitBytes: 4 << 30)

        func request(_ index: Int, weight: Double = 0.8) throws -> Double {
            try timed {
                let adaptations = try LayerAdaptations([(adapters[index], AdapterWeights(weight))], of: .unet)
                _ = try pass.run(on: AdaptedBackend(backend, adaptations, prepared: prepared, policy: .sidePath))
            }.seconds
        }
        let first = try [0, 1].map { try request($0) }
        var again: [Double] = []
        var switched: [Double] = []
        var resident: [Int] = []
        var live: [Int] = []
        for turn in 0..<options.switches {
            switched.append(try request(turn % 2))
            if turn % 10 == 0 { again.append(try request(turn % 2)) }
            if turn >= options.switches / 5 {
                resident.append(residentBytes())
                live.append(backend.memory.liveBytes)
            }
        }
        let newWeight = try request(0, weight: 0.7)
        let steady = median(again)
        print("a pass that follows another with the same adapter: \(milliseconds(steady))")
        print("over it, first use: \(milliseconds(first[0] - steady)), \(milliseconds(first[1] - steady))")
        print("over it, a known adapter with another weight: \(milliseconds(newWeight - steady))")
        print("over it, a switch, median of \(switched.count): \(milliseconds(median(switched) - steady))")
        print("prepared for two adapters: \(mebibytes(prepared.byteCount))")

        prepared.removeAll()
        let isBase = try pass.run(on: backend).floats.map(\.bitPattern) == base.floats.map(\.bitPattern)
        let isFreed = backend.memory.liveBytes == held.liveBytes
        let growth = [resident, live].map { bytes in
            Double((bytes.last ?? 0) - (bytes.first ?? 0)) / Double(max(bytes.first ?? 1, 1))
        }
        print(
            "after \(switched.count) switches: resident \(percent(growth[0])), backend \(percent(growth[1])) more than")
        print("  after a fifth of them; freed to the byte: \(isFreed); base output the same to the bit: \(isBase)")
        return isBase && isFreed && growth.allSatisfy { $0 <= 0.01 }
    }

    // MARK: Steps

    /// Steps with guidance at the full size, the three ways in turns.
    private func steps(_ adapter: BoundAdapter) throws {
        let pass = try Pass(unet, side: options.size / 8, prompts: 2, on: backend)
        let adaptations = try LayerAdaptations([(adapter, AdapterWeights(0.8))], of: .unet)
        let prepared = PreparedAdapters(target, limitBytes: 4 << 30)
        let ways: [(name: String, backend: any Backend)] = [
            ("without", backend),
            ("side path", AdaptedBackend(backend, adaptations, prepared: prepared, policy: .sidePath)),
            ("merged", AdaptedBackend(backend, adaptations, prepared: prepared, policy: .merged)),
            (
                "automatic, 20 steps",
                AdaptedBackend(backend, adaptations, prepared: prepared, policy: .automatic(evaluations: 20))
            ),
        ]
        var seconds = [[Double]](repeating: [], count: ways.count)
        for _ in 0...options.rounds {
            for (index, way) in ways.enumerated() {
                seconds[index].append(try timed { try pass.step(on: way.backend) }.seconds)
            }
        }
        for (way, seconds) in zip(ways, seconds) {
            let later = median(Array(seconds.dropFirst()))
            print("step, \(way.name): \(milliseconds(later)), the first \(milliseconds(seconds[0] - later)) more")
        }
    }

    // MARK: Figures

    private func timed<R>(_ body: () throws -> R) throws -> (result: R, seconds: Double) {
        let start = clock.now
        let result = try body()
        return (result, (clock.now - start) / .seconds(1))
    }

    private func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }

    private func milliseconds(_ seconds: Double) -> String { "\((seconds * 10000).rounded() / 10) ms" }

    private func percent(_ part: Double) -> String { "\((part * 10000).rounded() / 100) %" }

    private func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }

    /// Bytes of the process that are in memory; 0 where the system does not say.
    private func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
    }
}
