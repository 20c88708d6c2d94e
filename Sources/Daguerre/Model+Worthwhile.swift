import DaguerreMeter
import DaguerrePipelines
import Synchronization

extension Model {
    /// How many images of `request` and of others like it are worth drawing at once on this machine: 1 where that saves nothing
    /// that could be measured, or cannot be done.
    ///
    /// A processor is bound by arithmetic, and what a batch saves is the cost of calls, which shows only where a step is small:
    /// see Benchmarks/README.md and docs/decisions/0086.
    ///
    /// - Throws: as ``resolve(_:)``.
    public func worthwhileBatch(for request: GenerationRequest) async throws -> Int {
        let drawing = try resolve(request)
        guard drawing.batchKey != nil else { return 1 }
        let size = PixelSize(width: drawing.width, height: drawing.height)
        let known = stepFlops.withLock { $0[size] }
        let flops: Int
        if let known { flops = known } else { flops = try await flopsOfStep(size) }
        return flops <= Self.mostFlopsOfBatchedStep ? Self.worthwhileImages : 1
    }

    /// Images at once where a step of one is small: more gain nothing further.
    private static let worthwhileImages = 4
    /// Operations of a guided step of one image up to which a batch was measured to pay.
    private static let mostFlopsOfBatchedStep = 1_500_000_000
    /// Sizes whose steps are remembered.
    private static let mostSizes = 256

    /// What a guided step of one image of `size` takes, computed over shapes.
    private func flopsOfStep(_ size: PixelSize) async throws -> Int {
        var request = GenerationRequest("")
        (request.width, request.height, request.guidance) = (size.width, size.height, 7.5)
        (request.steps, request.sampler) = (1, "Euler")
        let resolved = try ResolvedRequest(request, reader: reader, defaults: defaults)
        let flops = try await thread.run { [self] _ in
            meter.reset()
            var (begin, end) = (0, 0)
            try DiffusionPipeline(shapes.model) { [shapes, meter] in (shapes.model.autoencoder, meter) }
                .rehearse([resolved.weighing], on: meter) { _, progress in
                    switch progress {
                    case .encoded: begin = meter.report.flops.total
                    case .step: end = meter.report.flops.total
                    case .decoded: break
                    }
                }
            return end - begin
        }
        stepFlops.withLock { known in
            if known.count >= Self.mostSizes { known = [:] }
            known[size] = flops
        }
        return flops
    }
}
