public import DaguerreAdapters
import DaguerreCPU
public import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
public import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling
public import DaguerreTensors
import Synchronization

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

    let reader: ModelReader
    let thread: ComputeThread
    let backend: CPUBackend
    let parts: LoadedParts
    /// The same without weights, on a backend that only counts; used on the computing thread.
    let shapes: LoadedParts
    let meter: MeterBackend
    let checker: SafetyChecker?
    /// The same without weights, on the backend that only counts.
    let weighedChecker: SafetyChecker?
    /// Matrices of adapters, kept from request to request.
    let prepared: PreparedAdapters
    /// Operations of a guided step, by size; see ``worthwhileBatch(for:)``.
    let stepFlops = Mutex<[PixelSize: Int]>([:])

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

    /// Draws; `progress` is called on the computing thread, which a preview takes time of, and cancelling the task ends the run within a step.
    ///
    /// - Throws: `PipelineError` naming a field; `SamplingError`; ``EngineError``; `CancellationError`.
    public func generate(
        _ request: GenerationRequest, progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws -> GenerationResult {
        let resolved = try ResolvedRequest(request, reader: reader, defaults: defaults)
        return try await thread.run { [self] isCancelled in
            // Every request ends; this one's end is put in its place.
            var result = Result<GenerationResult, any Error>.failure(CancellationError())
            draw([(0, resolved)], atOnce: 1, isCancelled: isCancelled, progress: { progress($1) }) { result = $1 }
            return try result.get()
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

}
