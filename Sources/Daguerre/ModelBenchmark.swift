import DaguerreCPU
import DaguerreMeter
import DaguerreModels
import DaguerrePipelines
public import DaguerreTensors
import DaguerreTokenizers
import Glibc

/// How fast a model's stages run on this machine.
public struct ModelBenchmark: Sendable {
    /// One stage, over several runs after a warm-up.
    public struct Stage: Codable, Equatable, Sendable {
        /// Median and least duration of a run.
        public let seconds, minimum: Double
        /// Matrix products per second at the median, in 10⁹ floating-point operations; 0 where there are none.
        public let gflops: Double
    }

    /// Both prompts of a guided step through the text encoder.
    public let text: Stage
    /// One guided step: prompt and negative prompt through the denoiser.
    public let step: Stage
    /// One picture's latents to pixels, and its pixels to latents.
    public let decode, encode: Stage
    /// From the first read of the folder to the beginning of the first step.
    public let load: Stage
    /// The most memory that the process had at once, up to the decoded picture.
    public let peakBytes: Int
    /// The most that the dry run foretold, and that the backend then held.
    public let forecastBytes, heldBytes: Int
    /// What an endless chain of fused multiply-adds reaches on the same threads: 10⁹ operations per second.
    public let peakGflops: Double
    /// What weights and activations were rounded to.
    public let precision: Precision
    /// Threads that computed.
    public let threadCount: Int
}

extension Model {
    /// Measures each stage `repeats` times at `width × height` pixels.
    ///
    /// - Throws: `PipelineError` if the size does not fit the model; `BackendError`.
    public func benchmark(width: Int, height: Int, repeats: Int = 3) async throws -> ModelBenchmark {
        var request = GenerationRequest("a red apple on a table")
        request.negativePrompt = "blurry"
        request.width = width
        request.height = height
        request.steps = 1
        // Everything is built and cached by a whole picture first, whose size is checked on the way.
        let forecast = try await generate(request).forecast
        return try await compute { model, shapes, backend, meter, isCancelled in
            let stages = BenchmarkStages(width: width, height: height)
            func measure(_ stage: BenchmarkStages.Stage, _ repeats: Int) throws -> ModelBenchmark.Stage {
                meter.reset()
                try stage(shapes, meter)()
                let run = try stage(model, backend)
                var seconds: [Double] = []
                for _ in 0..<max(repeats, 1) {
                    if isCancelled() { throw CancellationError() }
                    let duration = try ContinuousClock().measure(run)
                    seconds.append(duration / .seconds(1))
                }
                return ModelBenchmark.Stage(seconds, flops: meter.report.flops.total)
            }
            let text = try measure(stages.text, max(repeats, 5))
            let step = try measure(stages.step, repeats)
            let decode = try measure(stages.decode, repeats)
            let peak = peakResidentBytes()
            let held = backend.memory.peakBytes
            let encode = try measure(stages.encode, repeats)
            return ModelBenchmark(
                text: text, step: step, decode: decode, encode: encode,
                load: ModelBenchmark.Stage([(self.loadDuration + text.duration) / .seconds(1)], flops: 0),
                peakBytes: peak, forecastBytes: forecast.peakBytes, heldBytes: held,
                peakGflops: try CPUBackend.measuredPeak(backend.precision, threads: backend.threadCount) / 1e9,
                precision: backend.precision,
                threadCount: backend.threadCount)
        }
    }
}

extension ModelBenchmark.Stage {
    fileprivate init(_ runs: [Double], flops: Int) {
        let sorted = runs.sorted()
        let middle = sorted.count / 2
        seconds = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        minimum = sorted[0]
        gflops = Double(flops) / seconds / 1e9
    }

    fileprivate var duration: Duration { .seconds(seconds) }
}

/// What is timed: each stage prepares its inputs, then gives what to repeat.
private struct BenchmarkStages {
    typealias Stage = (DiffusionModel, any Backend) throws -> () throws -> Void

    let width, height: Int

    private func noise(_ shape: Shape) -> HostTensor {
        // A fixed, aperiodic sequence of about unit variance: its values do not matter, but must not be all alike.
        HostTensor(
            (0..<shape.elementCount).map { Float(($0 &* 7919) % 2003) / 578 - 1.73 }, shape: shape)
    }

    private func tokens(_ model: DiffusionModel) -> [[[Int]]] {
        let length = model.text.chunkLength
        return model.text.parts.map { part in
            ["blurry", "a red apple on a table"].map { part.tokenizer.chunk($0, length: length).ids }
        }
    }

    func text(_ model: DiffusionModel, _ backend: any Backend) throws -> () throws -> Void {
        let tokens = tokens(model)
        return { _ = try backend.download(model.text.encode(tokens, on: backend).states) }
    }

    func step(_ model: DiffusionModel, _ backend: any Backend) throws -> () throws -> Void {
        let encoded = try model.text.encode(tokens(model), on: backend)
        let text = try model.unet.textStates(encoded.states, on: backend)
        let added = model.addedConditions(
            PictureConditions(), pooled: encoded.pooled, drawn: PixelSize(width: width, height: height),
            negativeCount: 1)
        let time = try model.unet.timeStates([500], added: added, on: backend)
        let latents = try backend.upload(
            noise([1, height / model.scale, width / model.scale, model.unet.configuration.inChannels]), as: .float32)
        return { _ = try backend.download(model.unet(latents, time: time, text: text, on: backend)) }
    }

    func decode(_ model: DiffusionModel, _ backend: any Backend) throws -> () throws -> Void {
        let latents = try backend.upload(
            noise([
                1, height / model.scale, width / model.scale, model.autoencoder.configuration.latentChannels,
            ]), as: .float32)
        return { _ = try backend.download(model.autoencoder.decode(latents, on: backend)) }
    }

    func encode(_ model: DiffusionModel, _ backend: any Backend) throws -> () throws -> Void {
        let pixels = try backend.upload(
            noise([1, height, width, model.autoencoder.configuration.inChannels]), as: .float32)
        return { _ = try model.autoencoder.encode(pixels, on: backend) }
    }
}

/// The most memory that the process ever had resident, in bytes.
private func peakResidentBytes() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
}
