import ArgumentParser
import Daguerre
import DaguerrePipelines
import DaguerreTensors

/// `daguerre bench`: how fast a model's stages run here, beside what the machine could do.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a model's stages on this machine.",
        discussion: """
            Times are medians after a warm-up; a step is one evaluation of the UNet for prompt and negative prompt.

            EXAMPLES
              daguerre bench
              daguerre bench --model ~/models/sd15 --size 512 --json
            """)

    @OptionGroup(title: "Model") var model: ModelOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Width and height in pixels, a multiple of 8. (default: the model's)", valueName: "pixels"))
    var size: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("How often each stage is measured.", valueName: "n"))
    var repeats = 3

    @OptionGroup(title: "Engine") var engine: EngineArguments

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if let size, size <= 0 || size % 8 != 0 || size > 16384 {
            throw ValidationError("--size is \(size), expected a multiple of 8 from 8 to 16384")
        }
        guard (1...1000).contains(repeats) else {
            throw ValidationError("--repeats is \(repeats), expected a number from 1 to 1000")
        }
    }

    func run() async throws {
        let loaded = try await model.load(engine.options)
        for warning in loaded.warnings { Terminal.error.write("daguerre: warning: \(singleLine(warning))\n") }
        let own = try loaded.resolve(GenerationRequest(""))
        let (width, height) = (size ?? own.width, size ?? own.height)
        let benchmark = try await loaded.benchmark(width: width, height: height, repeats: repeats)
        let report = BenchReport(benchmark, model: loaded, width: width, height: height)
        try Terminal.output.print(json ? jsonText(report) + "\n" : text(report))
    }

    private func text(_ report: BenchReport) -> String {
        func line(_ stage: BenchReport.Stage) -> String {
            var text = "\(brief(stage.seconds)), at least \(brief(stage.minimum))"
            if stage.gflops > 0 {
                text += ", \(fixed(stage.gflops, 0)) GFLOP/s, \(fixed(stage.shareOfPeak * 100, 0)) % of peak"
            }
            return text
        }
        return table([
            ("model", "\(report.model), \(report.width)×\(report.height), \(report.precision)"),
            ("threads", "\(report.threads)"), ("text", line(report.text)), ("step", line(report.step)),
            ("decode", line(report.decode)), ("encode", line(report.encode)),
            ("load to first step", line(report.load)),
            ("peak of the machine", "\(fixed(report.peakGflops, 0)) GFLOP/s, as a chain of multiply-adds reaches"),
            ("peak memory", briefBytes(report.peakBytes) + " of the process"),
            ("memory of the engine", "\(briefBytes(report.heldBytes)), foretold \(briefBytes(report.forecastBytes))"),
        ])
    }
}

/// What `--json` prints.
private struct BenchReport: Encodable {
    struct Stage: Encodable {
        /// Median and least.
        let seconds, minimum: Double
        let gflops, shareOfPeak: Double

        init(_ stage: ModelBenchmark.Stage, peakGflops: Double) {
            seconds = stage.seconds
            minimum = stage.minimum
            gflops = stage.gflops
            shareOfPeak = peakGflops > 0 ? stage.gflops / peakGflops : 0
        }
    }

    let model, digest, precision: String
    let width, height, threads: Int
    let text, step, decode, encode, load: Stage
    let peakBytes, heldBytes, forecastBytes: Int
    let peakGflops: Double

    init(_ benchmark: ModelBenchmark, model: Model, width: Int, height: Int) {
        self.model = model.name
        digest = model.digest
        precision = benchmark.precision.rawValue
        self.width = width
        self.height = height
        threads = benchmark.threadCount
        peakGflops = benchmark.peakGflops
        text = Stage(benchmark.text, peakGflops: benchmark.peakGflops)
        step = Stage(benchmark.step, peakGflops: benchmark.peakGflops)
        decode = Stage(benchmark.decode, peakGflops: benchmark.peakGflops)
        encode = Stage(benchmark.encode, peakGflops: benchmark.peakGflops)
        load = Stage(benchmark.load, peakGflops: benchmark.peakGflops)
        peakBytes = benchmark.peakBytes
        heldBytes = benchmark.heldBytes
        forecastBytes = benchmark.forecastBytes
    }
}
