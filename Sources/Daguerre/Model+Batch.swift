import DaguerreAdapters
import DaguerreCPU
import DaguerreMeter
import DaguerreModels
public import DaguerrePipelines
import DaguerrePixels
import DaguerreTensors

extension Model {
    /// Draws the pictures of several requests, up to `limit` of them at once where their `DiffusionRequest.batchKey` allows.
    ///
    /// Each picture is what it would be alone; docs/decisions/0086 says how far that goes. Where as many do not fit into
    /// memory, fewer are drawn at once, so that no request is refused that would not be refused alone. A request begins
    /// when the first of its images is drawn.
    ///
    /// - Parameters:
    ///   - requests: called by their places here.
    ///   - progress: hears on the computing thread how far each request is; what it throws ends that request within a step,
    ///     and no other.
    ///   - ended: hears on the computing thread once of each request, as soon as its last picture is drawn or it has failed:
    ///     of `PipelineError` naming a field, `SamplingError`, ``EngineError``, or of what `progress` throws. Of several
    ///     that are drawn at once each has its share of the time, and all have the memory and the forecast of all.
    /// - Throws: `CancellationError` where the task is cancelled, which ends all within a step; ``ended`` has heard of it.
    public func generate(
        batch requests: [GenerationRequest], atOnce limit: Int,
        progress: @escaping @Sendable (_ request: Int, Progress) throws -> Void = { _, _ in },
        ended: @escaping @Sendable (_ request: Int, Result<GenerationResult, any Error>) -> Void
    ) async throws {
        try await thread.run { [self] isCancelled in
            for company in companies(of: requests, ended: ended) {
                draw(company, atOnce: limit, isCancelled: isCancelled, progress: progress, ended: ended)
            }
            if isCancelled() { throw CancellationError() }
        }
    }

    /// What `request` will take, computed over shapes.
    public func forecast(_ request: GenerationRequest) async throws -> Forecast {
        try await forecast(batch: [request], atOnce: 1)
    }

    /// What `requests` will take together, up to `limit` images of them at once, computed over shapes.
    ///
    /// - Throws: `PipelineError`, `SamplingError` naming a field of the first that cannot be drawn.
    public func forecast(batch requests: [GenerationRequest], atOnce limit: Int) async throws -> Forecast {
        let resolved = try requests.map { try ResolvedRequest($0, reader: reader, defaults: defaults) }
        return try await thread.run { [self] _ in try forecast(resolved, atOnce: limit) }
    }

    /// A request and its place among those that were given.
    typealias Numbered = (number: Int, request: ResolvedRequest)

    /// Requests that can be drawn with one another, in the order of the first of each; what cannot be drawn at all has ended.
    private func companies(
        of requests: [GenerationRequest], ended: (Int, Result<GenerationResult, any Error>) -> Void
    ) -> [[Numbered]] {
        var companies: [[Numbered]] = []
        for (number, request) in requests.enumerated() {
            do {
                let resolved = try ResolvedRequest(request, reader: reader, defaults: defaults)
                let key = resolved.drawing.batchKey
                let place = key.flatMap { key in companies.firstIndex { $0[0].request.drawing.batchKey == key } }
                if let place {
                    companies[place].append((number, resolved))
                } else {
                    companies.append([(number, resolved)])
                }
            } catch {
                ended(number, .failure(error))
            }
        }
        return companies
    }

    /// Draws requests that can be drawn with one another; on the computing thread.
    func draw(
        _ requests: [Numbered], atOnce limit: Int, isCancelled: () -> Bool,
        progress: (Int, Progress) throws -> Void, ended: (Int, Result<GenerationResult, any Error>) -> Void
    ) {
        let forecast: Forecast
        do {
            forecast = try admitted(requests.map(\.request), atOnce: limit)
        } catch {
            func again(_ part: ArraySlice<Numbered>, _ limit: Int) {
                draw(Array(part), atOnce: limit, isCancelled: isCancelled, progress: progress, ended: ended)
            }
            if limit > 1 {
                again(requests[...], limit / 2)
            } else if requests.count > 1 {
                for number in requests.indices { again(requests[number...number], 1) }
            } else {
                for (number, _) in requests { ended(number, .failure(error)) }
            }
            return
        }
        backend.resetPeak()
        pipeline(parts, prepared)(batch: requests.map(\.request.drawing), atOnce: limit, on: backend) { place, step in
            if isCancelled() { throw CancellationError() }
            try progress(requests[place].number, step)
        } ended: { place, result in
            let (number, request) = requests[place]
            ended(
                number,
                Result {
                    let drawn = try result.get()
                    let images = drawn.images.map(request.finished)
                    return GenerationResult(
                        images: images, safety: try checker?(images, seenAs: request.safetyViews, on: backend),
                        latents: drawn.latents,
                        request: request.drawing, timings: drawn.timings, memory: backend.memory, forecast: forecast,
                        warnings: drawn.warnings)
                })
        }
    }

    /// What `requests` will take, if that fits into memory.
    private func admitted(_ requests: [ResolvedRequest], atOnce limit: Int) throws -> Forecast {
        let forecast = try forecast(requests, atOnce: limit)
        // Adapters that an earlier request left behind are not this one's, and make room.
        let needed = forecast.peakBytes - (backend.memory.weightBytes - prepared.byteCount)
        if let available = availableMemory(), needed > available {
            prepared.removeAll()
            // Pages that it left behind would count as taken.
            backend.trim()
            try admit("this request", needed)
        }
        return forecast
    }

    private func forecast(_ requests: [ResolvedRequest], atOnce limit: Int) throws -> Forecast {
        meter.reset()
        // What is counted between two reports is the prompts' where the second is that they are encoded, else the images'.
        var (reported, shared) = (0, 0)
        // Matrices that an earlier forecast prepared would not be counted again.
        let prepared = PreparedAdapters(shapes.target)
        try pipeline(shapes, prepared).rehearse(requests.map(\.weighing), atOnce: limit, on: meter) { _, progress in
            let counted = meter.report.flops.total
            switch progress {
            case .encoded: shared += counted - reported
            case .step(_, let preview):
                // A preview may be made after any evaluation, and seldom is.
                if shapes.preview.decodes { _ = try meter.uncounted(preview) }
            case .decoded: break
            }
            reported = counted
        }
        for request in requests { try weighedChecker?.rehearse(request.safetyViews, on: meter) }
        let report = meter.report
        let counts = requests.map(\.drawing.count)
        let rehearsed = counts.map { DiffusionPipeline.rehearsedCount($0, atOnce: limit) }.reduce(0, +)
        let images = Double(report.flops.total - shared) / Double(max(rehearsed, 1)) * Double(counts.reduce(0, +))
        return Forecast(
            flops: .saturatingSum(shared, Int(exactly: images.rounded()) ?? .max), peakBytes: report.peakBytes)
    }

    private func pipeline(_ parts: LoadedParts, _ prepared: PreparedAdapters) -> DiffusionPipeline {
        DiffusionPipeline(parts.model, refiner: parts.refiner, prepared: prepared, preview: parts.preview) {
            [reader, backend] in
            let float32 = try CPUBackend(precision: .float32, threads: backend.threadCount)
            return (try reader.autoencoder(on: float32), float32)
        }
    }
}
