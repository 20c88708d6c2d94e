public import DaguerreAdapters
import DaguerreCPU
public import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
public import DaguerrePipelines
import DaguerrePixels
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
    /// The refiner's base name, if there is one.
    public let refinerName: String?
    /// How long loading took.
    public let loadDuration: Duration
    /// What the user should know: oneDNN is missing, say.
    public let warnings: [String]

    private let reader: ModelReader
    private let thread: ComputeThread
    let backend: CPUBackend
    private let parts: LoadedParts
    /// The same without weights, on a backend that only counts; used on the computing thread.
    private let shapes: LoadedParts
    private let meter: MeterBackend
    let checker: SafetyChecker?
    /// The same without weights, on the backend that only counts.
    private let weighedChecker: SafetyChecker?
    /// Matrices of adapters, kept from request to request.
    private let prepared: PreparedAdapters

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
        refinerName = loaded.refinerName
        reader = loaded.reader
        defaults = loaded.reader.defaults
        digest = loaded.digest
        loadDuration = loaded.duration
        warnings = loaded.warnings
        backend = loaded.backend
        parts = loaded.parts
        shapes = loaded.shapes
        meter = loaded.meter
        checker = loaded.checker
        weighedChecker = loaded.weighedChecker
        prepared = PreparedAdapters(loaded.parts.target)
    }

    /// What weights and activations are rounded to.
    public var precision: Precision { backend.precision }

    /// Threads that compute.
    public var threadCount: Int { backend.threadCount }

    /// The request with every default filled in, and names understood.
    ///
    /// - Throws: `SamplingError` listing the names that there are; `PipelineError` naming a field.
    public func resolve(_ request: GenerationRequest) throws -> DiffusionRequest {
        try ResolvedRequest(request, reader: reader, defaults: defaults).drawing
    }

    /// What `request` will take, computed over shapes.
    public func forecast(_ request: GenerationRequest) async throws -> Forecast {
        let resolved = try ResolvedRequest(request, reader: reader, defaults: defaults)
        return try await thread.run { [self] _ in try forecast(resolved) }
    }

    /// Draws; `progress` is called on the computing thread, which a preview takes time of, and cancelling the task ends the run within a step.
    ///
    /// - Throws: `PipelineError` naming a field; `SamplingError`; ``EngineError``; `CancellationError`.
    public func generate(
        _ request: GenerationRequest, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> GenerationResult {
        let resolved = try ResolvedRequest(request, reader: reader, defaults: defaults)
        return try await thread.run { [self] isCancelled in
            let forecast = try forecast(resolved)
            // Adapters that an earlier request left behind are not this one's, and make room.
            let needed = forecast.peakBytes - (backend.memory.weightBytes - prepared.byteCount)
            if let available = availableMemory(), needed > available {
                prepared.removeAll()
                // Pages that it left behind would count as taken.
                backend.trim()
                try admit("this request", needed)
            }
            backend.resetPeak()
            let result = try pipeline(parts, prepared)(resolved.drawing, on: backend) { step in
                if isCancelled() { throw CancellationError() }
                progress(step)
            }
            let images = result.images.map(resolved.finished)
            return GenerationResult(
                images: images, safety: try checker?(images, seenAs: resolved.safetyViews, on: backend),
                latents: result.latents,
                request: resolved.drawing,
                timings: result.timings, memory: backend.memory, forecast: forecast, warnings: result.warnings)
        }
    }

    /// Reads a LoRA or a relative of it from the safetensors file at `path`, and finds the layers that it changes.
    ///
    /// - Parameter strict: refuses keys that name no layer, which are otherwise listed in the receipt.
    /// - Returns: the adapter, and the textual inversions that its file carries along, by name.
    /// - Throws: `CheckpointError` if it cannot be read; `AdapterError` if it does not fit the model.
    public func adapter(
        at path: String, strict: Bool = false
    ) async throws -> (adapter: BoundAdapter, embeddings: [(name: String, embedding: TextualInversion)]) {
        try await thread.run { [parts] _ in
            let adapter = try Adapter(path: path)
            return (
                try adapter.bind(to: parts.target, strict: strict),
                try adapter.embeddings.map { ($0.name, try $0.textualInversion()) }
            )
        }
    }

    /// Runs `body` on the computing thread with the model, its shapes, and the backends of both.
    func compute<R: Sendable>(
        _ body:
            @escaping @Sendable (
                _ model: DiffusionModel, _ shapes: DiffusionModel, CPUBackend, MeterBackend, _ isCancelled: () -> Bool
            ) throws -> R
    ) async throws -> R {
        try await thread.run { [self] isCancelled in try body(parts.model, shapes.model, backend, meter, isCancelled) }
    }

    /// Loads a ControlNet or a T2I-Adapter from a folder of diffusers' layout or one file.
    ///
    /// - Throws: `CheckpointError` if it cannot be read; `ModelError` naming what does not fit the model; ``EngineError``
    ///   if it does not fit into memory.
    public func control(at path: String) async throws -> ControlModel {
        let source = try ControlSource(path: path)
        return try await thread.run { [self] _ in
            try ControlModel(source, for: reader.unet, drawing: backend, weighing: meter, isWeighed: admitting())
        }
    }

    /// Loads an IP-Adapter from one file, and the encoder that sees for it from a folder of transformers'
    /// layout or one file.
    ///
    /// - Throws: as ``control(at:)``.
    public func imagePrompt(at path: String, encoder: String) async throws -> ImagePromptModel {
        let source = try ControlSource(path: path)
        let vision = try VisionSource<CLIPVisionConfiguration>(path: encoder)
        return try await thread.run { [self] _ in
            try ImagePromptModel(
                source, encoder: vision, for: reader.unet, drawing: backend, weighing: meter, isWeighed: admitting())
        }
    }

    /// What is called once another network is weighed, and refuses one whose weights do not fit into memory.
    private func admitting() -> (_ name: String) throws -> Void {
        let before = meter.report.weightBytes
        return { [meter] name in try admit(name, meter.report.weightBytes - before) }
    }

    private func forecast(_ request: ResolvedRequest) throws -> Forecast {
        meter.reset()
        var shared = 0
        // Matrices that an earlier forecast prepared would not be counted again.
        let prepared = PreparedAdapters(shapes.target)
        try pipeline(shapes, prepared).rehearse(request.weighing, on: meter) { preview in
            // A preview may be made after any evaluation, and seldom is.
            if shapes.preview.decodes { _ = try meter.uncounted(preview) }
        } encoded: {
            shared = meter.report.flops.total
        }
        try weighedChecker?.rehearse(request.safetyViews, on: meter)
        let report = meter.report
        return Forecast(
            flops: .saturatingSum(shared, .saturatingProduct(report.flops.total - shared, request.drawing.count)),
            peakBytes: report.peakBytes)
    }

    private func pipeline(_ parts: LoadedParts, _ prepared: PreparedAdapters) -> DiffusionPipeline {
        DiffusionPipeline(parts.model, refiner: parts.refiner, prepared: prepared, preview: parts.preview) {
            [reader, backend] in
            let float32 = try CPUBackend(precision: .float32, threads: backend.threadCount)
            return (try reader.autoencoder(on: float32), float32)
        }
    }
}
