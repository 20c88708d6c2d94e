import DaguerreCPU
import DaguerreMeter
import DaguerreTensors
import FoundationEssentials
import Glibc

/// Times the CPU backend's kernels beside what the machine can do at most.
@main struct KernelBenchmarks {
    static func main() {
        do {
            try run(Options(CommandLine.arguments.dropFirst()))
        } catch {
            complain("\(error)")
            exit(error is OptionError ? 2 : 1)
        }
    }

    private static func run(_ options: Options) throws {
        var results: [Result] = []
        if !options.asJSON { print(Result.header) }
        for precision in options.precisions {
            let bench = try Bench(options, precision)
            for kernel in KernelCase.all where options.accepts(kernel) {
                let result = try bench.measure(kernel)
                results.append(result)
                if !options.asJSON { print(result.line) }
            }
        }
        guard options.asJSON else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(results), as: UTF8.self))
    }
}

/// Writes one line to standard error.
func complain(_ message: String) {
    let line = Array("KernelBenchmarks: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// One backend and what this machine reaches at most in its precision.
struct Bench {
    private let options: Options
    private let backend: CPUBackend
    /// Floating-point operations per second.
    private let peak: Double

    init(_ options: Options, _ precision: Precision) throws {
        self.options = options
        backend = try CPUBackend(precision: precision, threads: options.threads)
        peak = try CPUBackend.measuredPeak(precision, threads: backend.threadCount)
        for warning in backend.warnings { complain(warning) }
    }

    func measure(_ kernel: KernelCase) throws -> Result {
        let operation = try kernel.prepare(backend)
        let timing = try Timing(seconds: options.seconds) { _ = try operation() }
        var result = Result(
            operation: kernel.kind.rawValue, model: kernel.model, sizes: kernel.sizes,
            precision: backend.precision.rawValue, milliseconds: timing.median * 1000)
        let report = try count(kernel)
        if kernel.kind == .groupNorm {
            let output = report.bytesWritten
            result.gigabytesPerSecond = Double(2 * output) / timing.median / 1e9
            let copy = copySeconds(byteCount: output, threads: backend.threadCount, seconds: options.seconds)
            result.shareOfCopy = copy / timing.median
        } else {
            let rate = Double(report.flops.total) / timing.median
            result.gflops = rate / 1e9
            result.shareOfPeak = peak > 0 ? rate / peak : nil
        }
        return result
    }

    /// What one run of the operation computes and writes.
    private func count(_ kernel: KernelCase) throws -> MeterReport {
        let meter = MeterBackend(precision: backend.precision)
        let operation = try kernel.prepare(meter)
        meter.reset()
        _ = try operation()
        return meter.report
    }
}

extension Options {
    /// Whether the case was asked for.
    func accepts(_ kernel: KernelCase) -> Bool {
        guard let only else { return true }
        return [kernel.kind.rawValue, kernel.model, kernel.sizes].contains { $0.contains(only) }
    }
}
