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
        var results: [Measurement] = []
        if !options.asJSON { print(Measurement.header) }
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
    private let library: BarePrimitives?

    init(_ options: Options, _ precision: Precision) throws {
        self.options = options
        backend = try CPUBackend(precision: precision, threads: options.threads)
        peak = try CPUBackend.measuredPeak(precision, threads: backend.threadCount)
        library = backend.vendorLibrary == nil ? nil : BarePrimitives(threadCount: backend.threadCount)
        for warning in backend.warnings { complain(warning) }
    }

    func measure(_ kernel: KernelCase) throws -> Measurement {
        let operation = try kernel.prepare(backend)
        let report = try count(kernel)
        var bodies: [() throws -> Void] = [{ _ = try operation() }]
        if let yardstick = yardstick(kernel, report) { bodies.append(yardstick) }
        let timings = try Timing.interleaved(seconds: options.seconds, bodies)
        let timing = timings[0]
        let share = timings.count > 1 ? timings[1].median / timing.median : nil
        var result = Measurement(
            operation: kernel.kind.rawValue, model: kernel.model, sizes: kernel.sizes,
            precision: backend.precision.rawValue, milliseconds: timing.median * 1000,
            minimumMilliseconds: timing.minimum * 1000)
        if kernel.kind.movesMemoryOnly {
            result.gigabytesPerSecond = Double(2 * report.bytesWritten) / timing.median / 1e9
            result.shareOfCopy = share
        } else {
            let rate = Double(report.flops.total) / timing.median
            result.gflops = rate / 1e9
            result.shareOfPeak = peak > 0 ? rate / peak : nil
            result.shareOfVendor = share
        }
        return result
    }

    /// What the kernel is compared with: the bare vendor primitive, or a copy of as many bytes.
    private func yardstick(_ kernel: KernelCase, _ report: MeterReport) -> (() -> Void)? {
        if kernel.kind.movesMemoryOnly {
            return copying(byteCount: report.bytesWritten, threads: backend.threadCount)
        }
        guard let library, let problem = kernel.bare else { return nil }
        return library.prepare(problem, backend.activationType)
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
