import Daguerre
import DaguerreImaging
import DaguerreJobs
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels

/// The work of one job, from its request to images in the blob store.
struct Drawing: Sendable {
    private let runner: EngineRunner
    private let request: JobRequest
    private let isCancelled: @Sendable () -> Bool
    private let progress: ProgressReporter
    private let preview: PreviewMaking?

    init(
        _ runner: EngineRunner, _ request: JobRequest, isCancelled: @escaping @Sendable () -> Bool,
        report: @escaping @Sendable (JobProgress) -> Void
    ) {
        self.runner = runner
        self.request = request
        self.isCancelled = isCancelled
        progress = ProgressReporter(
            previewInterval: runner.settings.previewInterval, previewShare: runner.settings.previewShare, report)
        preview = request.previews ? PreviewMaking(runner.settings) : nil
    }

    /// - Throws: `CancellationError` where the job is no longer wanted or the task is cancelled; whatever a part of it throws.
    func callAsFunction() async throws -> JobOutcome {
        try check()
        progress.enter(.loading)
        let start = ContinuousClock.now
        let key = try await ModelKey(request, in: runner.registry)
        return try await runner.residents.withModel(key) { resident in
            try runner.requireChecker(of: resident.model)
            try check()
            let translation = Translation(
                registry: runner.registry,
                uploads: Uploads(blobs: runner.blobs, limits: runner.settings.imageLimits, thread: runner.pictures))
            let translated = try await translation(request, on: resident)
            let loaded = ContinuousClock.now
            progress.enter(.encoding)
            let drawn = try await draw(translated, resident, key)
            progress.enter(.finishing)
            return try await Finishing(runner, request, translated, drawn, loading: loaded - start)(resident.model)
        }
    }

    private func check() throws {
        try Task.checkCancellation()
        if isCancelled() { throw CancellationError() }
    }

    /// What the engine drew, and how long the safety checker took.
    struct Drawn: Sendable {
        let result: GenerationResult
        let checking: Duration
    }

    /// Draws; where memory is short, after what nobody uses has been let go.
    private func draw(
        _ translated: Translation.Result, _ resident: ResidentModel, _ key: ModelKey
    ) async throws -> Drawn {
        if runner.settings.memoryBudget != nil {
            let forecast = try await resident.model.forecast(translated.generation)
            try await runner.residents.makeRoom(for: "this request", forecast.peakBytes, beside: key)
        }
        while true {
            do {
                return try await generate(translated.generation, resident.model)
            } catch let error as EngineError {
                let hasRoom =
                    if await resident.dropExtras(latest: translated.extraCount) { true } else {
                        await runner.residents.evictOne()
                    }
                guard hasRoom else { throw error }
            }
        }
    }

    /// Draws in a child task, which is cancelled as soon as a step finds that the job is no longer wanted.
    private func generate(_ generation: GenerationRequest, _ model: Model) async throws -> Drawn {
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let checking = CheckingTime()
        return try await withThrowingTaskGroup(of: Drawn?.self) { group in
            group.addTask {
                let result = try await model.generate(generation) { step in
                    if isCancelled() { stop.finish() }
                    switch step {
                    case .step(let step, let picture):
                        // A preview that cannot be made is none; what is wrong with the numbers ends the run itself.
                        progress.step(step) { try? preview?(picture()) }
                    case .decoded: checking.begin()
                    case .encoded: break
                    }
                }
                return Drawn(result: result, checking: checking.elapsed)
            }
            group.addTask {
                for await _ in stops {}
                return nil
            }
            defer { group.cancelAll() }
            guard let drawn = try await group.next() ?? nil else { throw CancellationError() }
            return drawn
        }
    }
}
