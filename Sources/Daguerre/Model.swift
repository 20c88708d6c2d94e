import DaguerreCPU
import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
public import DaguerrePipelines
import DaguerreSampling
public import DaguerreTensors

/// A checkpoint that is loaded and ready to draw.
///
/// ```swift
/// let model = try await Model.builtin()
/// let result = try await model.generate(GenerationRequest("a red apple", seed: 1))
/// ```
public final class Model: Sendable {
    /// What it draws best with, where its folder says.
    public let defaults: GenerationDefaults
    /// SHA-256 that tells this checkpoint from others; see `ModelFiles.digest`.
    public let digest: String
    /// The folder's base name.
    public let name: String
    /// How long loading took.
    public let loadDuration: Duration
    /// What the user should know: oneDNN is missing, say.
    public let warnings: [String]

    private let reader: ModelReader
    private let thread: ComputeThread
    private let backend: CPUBackend
    private let model: DiffusionModel
    /// The same model without weights, on a backend that only counts; used on the computing thread.
    private let shapes: DiffusionModel
    private let meter: MeterBackend

    /// Loads the model that lies in the binary.
    ///
    /// - Throws: as ``init(at:options:)``.
    public static func builtin(options: EngineOptions = EngineOptions()) async throws -> Model {
        try await Model(ModelLocation.builtin.files(options), options: options)
    }

    /// Loads the diffusers folder or the checkpoint of one file at `path`.
    ///
    /// - Throws: `CheckpointError`, `ModelError`, `SamplingError` naming file, key or field; ``EngineError`` if it does
    ///   not fit into memory; `BackendError`.
    public convenience init(at path: String, options: EngineOptions = EngineOptions()) async throws {
        try await self.init(ModelLocation(path).files(options), options: options)
    }

    private init(_ files: any ModelFiles, options: EngineOptions) async throws {
        let thread = ComputeThread()
        let loaded = try await thread.run { _ in try LoadedModel(files, options: options) }
        self.thread = thread
        name = files.name
        reader = loaded.reader
        defaults = loaded.reader.defaults
        digest = loaded.digest
        loadDuration = loaded.duration
        warnings = loaded.backend.warnings
        backend = loaded.backend
        model = loaded.model
        shapes = loaded.shapes
        meter = loaded.meter
    }

    /// What weights and activations are rounded to.
    public var precision: Precision { backend.precision }

    /// Threads that compute.
    public var threadCount: Int { backend.threadCount }

    /// The request with every default filled in, and names understood.
    ///
    /// - Throws: `SamplingError` listing the names that there are.
    public func resolve(_ request: GenerationRequest) throws -> DiffusionRequest {
        let side = reader.side
        let named = try request.sampler.map(SamplerName.parse)
        let schedule = try request.schedule.map(ScheduleName.parse) ?? named?.schedule
        var resolved = DiffusionRequest(
            prompt: request.prompt, seed: request.seed, steps: request.steps ?? defaults.steps ?? 30,
            guidance: request.guidance ?? defaults.guidance ?? 7.5, width: request.width ?? defaults.width ?? side,
            height: request.height ?? defaults.height ?? side,
            sampler: try reader.pipelineSampler(
                reader.sampler.replacing(sampler: named?.sampler, schedule: schedule)),
            random: request.random)
        resolved.negativePrompt = request.negativePrompt
        resolved.count = request.count
        resolved.guidanceRescale = request.guidanceRescale
        resolved.initialLatents = request.initialLatents
        return resolved
    }

    /// What `request` will take, computed over shapes.
    public func forecast(_ request: GenerationRequest) async throws -> Forecast {
        let resolved = try resolve(request)
        return try await thread.run { [self] _ in try forecast(resolved) }
    }

    /// Draws; `progress` is called on the computing thread, and cancelling the task ends the run within a step.
    ///
    /// - Throws: `PipelineError` naming a field; `SamplingError`; ``EngineError``; `CancellationError`.
    public func generate(
        _ request: GenerationRequest, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> GenerationResult {
        let resolved = try resolve(request)
        return try await thread.run { [self] isCancelled in
            let forecast = try forecast(resolved)
            let needed = forecast.peakBytes - backend.memory.weightBytes
            // Pages that an earlier request left behind would count as taken.
            if let available = availableMemory(), needed > available { backend.trim() }
            try admit("this request", needed)
            backend.resetPeak()
            let result = try pipeline(model)(resolved, on: backend) { step in
                if isCancelled() { throw CancellationError() }
                progress(step)
            }
            return GenerationResult(
                images: result.images,
                latents: result.latents, request: resolved, timings: result.timings, memory: backend.memory,
                forecast: forecast, warnings: result.warnings)
        }
    }

    /// Runs `body` on the computing thread with the model, its shapes, and the backends of both.
    func compute<R: Sendable>(
        _ body:
            @escaping @Sendable (
                _ model: DiffusionModel, _ shapes: DiffusionModel, CPUBackend, MeterBackend, _ isCancelled: () -> Bool
            ) throws -> R
    ) async throws -> R {
        try await thread.run { [self] isCancelled in try body(model, shapes, backend, meter, isCancelled) }
    }

    private func forecast(_ request: DiffusionRequest) throws -> Forecast {
        meter.reset()
        var shared = 0
        try pipeline(shapes).rehearse(request, on: meter) { shared = meter.report.flops.total }
        let report = meter.report
        return Forecast(
            flops: .saturatingSum(shared, .saturatingProduct(report.flops.total - shared, request.count)),
            peakBytes: report.peakBytes)
    }

    private func pipeline(_ model: DiffusionModel) -> DiffusionPipeline {
        DiffusionPipeline(model) { [reader, backend] in
            let float32 = try CPUBackend(precision: .float32, threads: backend.threadCount)
            return (try reader.autoencoder(on: float32), float32)
        }
    }
}

/// What loading makes, on the computing thread.
private struct LoadedModel: Sendable {
    let reader: ModelReader
    let backend: CPUBackend
    let model: DiffusionModel
    let meter: MeterBackend
    let shapes: DiffusionModel
    let digest: String
    let duration: Duration

    init(_ files: any ModelFiles, options: EngineOptions) throws {
        let clock = ContinuousClock()
        let start = clock.now
        reader = try ModelReader(files, prediction: options.prediction)
        backend = try CPUBackend(precision: options.precision, threads: options.threads)
        // A dry run first: it lists every key that does not fit, and foretells the memory.
        let tokenizers = try reader.tokenizers()
        meter = MeterBackend(
            precision: backend.precision,
            memoryModel: MemoryModel(
                threadCount: backend.threadCount, usesVendorLibrary: backend.vendorLibrary != nil,
                instructionSet: CPUBackend.instructionSet))
        shapes = try reader.model(on: meter, tokenizers: tokenizers)
        try admit(files.name, meter.report.weightBytes)
        model = try reader.model(on: backend, tokenizers: tokenizers)
        digest = try files.digest()
        duration = clock.now - start
    }
}

/// Refuses what would not fit into memory, so that the system need not end the process.
private func admit(_ what: String, _ needed: Int) throws {
    guard let available = availableMemory(), needed > available else { return }
    throw EngineError.tooLarge(what: what, needed: needed, available: available)
}
