import DaguerreAdapters
import DaguerreCPU
import DaguerreCheckpoints
import DaguerreMeter
import DaguerreModels
import DaguerrePipelines
import DaguerreTensors
import DaguerreTokenizers

/// A model on one backend, with what its requests share.
struct LoadedParts: Sendable {
    let model: DiffusionModel
    let refiner: DiffusionModel?
    /// The layers that adapters may change.
    let target: AdapterTarget
    /// What makes previews.
    let preview: KeptLatentPreview

    init(
        _ reader: ModelReader, refiner: ModelReader?, target: AdapterTarget, tokenizers: Tokenizers,
        previewDecoder: TinyAutoencoderSource?, on backend: any Backend
    ) throws {
        model = try reader.model(on: backend, tokenizers: tokenizers.base)
        self.refiner = try refiner?.model(on: backend, tokenizers: tokenizers.refiner)
        self.target = target
        preview = KeptLatentPreview(decoder: try previewDecoder?.autoencoder(on: backend))
    }

    /// Read once, used on every backend.
    struct Tokenizers {
        let base, refiner: [CLIPTokenizer]
    }
}

/// What loading makes, on the computing thread.
struct LoadedModel: Sendable {
    let reader: ModelReader
    let backend: CPUBackend
    let parts: LoadedParts
    let meter: MeterBackend
    let shapes: LoadedParts
    let checker, weighedChecker: SafetyChecker?
    let digest: String
    /// The base name of the refiner.
    let refinerName: String?
    /// What the user should know of it.
    let warnings: [String]
    let duration: Duration

    init(_ files: any ModelFiles, options: EngineOptions) throws {
        let clock = ContinuousClock()
        let start = clock.now
        reader = try ModelReader(files, prediction: options.prediction)
        let refiner = try options.refiner.map { path in
            try ModelReader(ModelLocation(path).files(options.ofRefiner))
        }
        backend = try CPUBackend(precision: options.precision, threads: options.threads)
        let target = try reader.adapterTarget()
        let tokenizers = LoadedParts.Tokenizers(
            base: try reader.tokenizers(), refiner: try refiner?.tokenizers() ?? [])
        // A dry run first: it lists every key that does not fit, and foretells the memory.
        meter = MeterBackend(
            precision: backend.precision,
            memoryModel: MemoryModel(
                threadCount: backend.threadCount, usesVendorLibrary: backend.vendorLibrary != nil,
                instructionSet: CPUBackend.instructionSet))
        let decoder = PreviewDecoder(options.previewDecoder, for: reader.autoencoder)
        warnings = backend.warnings + decoder.warnings
        shapes = try LoadedParts(
            reader, refiner: refiner, target: target, tokenizers: tokenizers, previewDecoder: decoder.source, on: meter)
        weighedChecker = try options.safetyChecker.checker(of: files, on: meter)
        try admit(files.name, meter.report.weightBytes)
        parts = try LoadedParts(
            reader, refiner: refiner, target: target, tokenizers: tokenizers, previewDecoder: decoder.source,
            on: backend)
        checker = try options.safetyChecker.checker(of: files, on: backend)
        refinerName = refiner?.files.name
        digest = try files.digest()
        duration = clock.now - start
    }
}
