import DaguerreCPU
import DaguerreMeter
public import DaguerreTensors

extension Model {
    /// What weights, tensors and scratch space take of this model now, in bytes.
    public var memory: MemoryReport { backend.memory }

    /// Bytes that a model's weights will take once it is loaded, computed over shapes: the folder or file at `path`, or the
    /// model in the binary where it is nil.
    ///
    /// - Throws: as ``init(at:options:)`` before it reads a weight.
    public static func weightBytes(at path: String?, options: EngineOptions = EngineOptions()) async throws -> Int {
        try await ComputeThread().run { _ in
            let location = path.map(ModelLocation.path) ?? .builtin
            let files = try location.files(options)
            let reader = try ModelReader(files, prediction: options.prediction)
            let refiner = try options.refiner.map { try ModelReader(ModelLocation($0).files(options.ofRefiner)) }
            let backend = try CPUBackend(precision: options.precision, threads: options.threads)
            let meter = MeterBackend(
                precision: backend.precision,
                memoryModel: MemoryModel(
                    threadCount: backend.threadCount, usesVendorLibrary: backend.vendorLibrary != nil,
                    instructionSet: CPUBackend.instructionSet))
            let tokenizers = LoadedParts.Tokenizers(
                base: try reader.tokenizers(), refiner: try refiner?.tokenizers() ?? [])
            // They weigh for as long as they are there.
            let parts = try LoadedParts(
                reader, refiner: refiner, target: reader.adapterTarget(), tokenizers: tokenizers,
                previewDecoder: PreviewDecoder(options.previewDecoder, for: reader.autoencoder).source, on: meter)
            let checker = try options.safetyChecker.checker(of: files, on: meter)
            return withExtendedLifetime((parts, checker)) { meter.report.weightBytes }
        }
    }

    /// Whether a safety checker looks at what this model draws.
    public var hasSafetyChecker: Bool { checker != nil }
}

extension SafetyCheckerChoice {
    /// Makes sure that the checker at a path can be used, over shapes; the others depend on the model.
    ///
    /// - Throws: `CheckpointError`, `ModelError` if it cannot.
    public func check() throws {
        guard case .path = self else { return }
        _ = try checker(of: builtinModelFiles(), on: MeterBackend(precision: .float32))
    }
}
