import Daguerre
import DaguerreImaging
import DaguerreJobs
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels

/// The work of jobs that may be drawn at once, from their requests to images in the blob store.
///
/// One job is a batch of one. Each ends as soon as its images are kept, and what one of them meets is its own affair.
struct Drawing: Sendable {
    private let runner: EngineRunner
    private let jobs: [DrawingJob]

    /// Draws `jobs`, whose requests have one `batchKey` or are a single one.
    init(_ runner: EngineRunner, _ jobs: [DrawingJob]) {
        self.runner = runner
        self.jobs = jobs
    }

    /// A job whose request the engine understands.
    private struct Ready: Sendable {
        let job: DrawingJob
        let translated: Translation.Result
        /// How long loading took, the model's in equal shares.
        let loading: Duration
    }

    /// What the engine drew of a job, and how long the safety checker took.
    struct Drawn: Sendable {
        let result: GenerationResult
        let checking: Duration
    }

    /// Draws until every job has ended, or the task is cancelled, which leaves the rest without an end.
    func callAsFunction() async {
        let wanted = await passing(jobs) { job in
            try job.check()
            job.progress.enter(.loading)
            return job
        }
        guard let first = wanted.first else { return }
        do {
            let start = ContinuousClock.now
            let key = try await ModelKey(first.request, in: runner.registry)
            try await runner.residents.withModel(key) { resident in
                try runner.requireChecker(of: resident.model)
                let share = (ContinuousClock.now - start) / wanted.count
                await draw(await ready(wanted, on: resident, share: share), resident, key)
            }
        } catch {
            for job in wanted { await job.end(.failure(error)) }
        }
    }

    /// Those for which `body` does not throw; the others end of what it throws.
    private func passing<Passed>(
        _ jobs: [DrawingJob], _ body: (DrawingJob) async throws -> Passed
    ) async -> [Passed] {
        var passed: [Passed] = []
        for job in jobs {
            do { passed.append(try await body(job)) } catch { await job.end(.failure(error)) }
        }
        return passed
    }

    private func ready(_ jobs: [DrawingJob], on resident: ResidentModel, share: Duration) async -> [Ready] {
        let translation = Translation(
            registry: runner.registry,
            uploads: Uploads(blobs: runner.blobs, limits: runner.settings.imageLimits, thread: runner.pictures))
        return await passing(jobs) { job in
            try job.check()
            let start = ContinuousClock.now
            let translated = try await translation(job.request, on: resident)
            job.progress.enter(.encoding)
            return Ready(job: job, translated: translated, loading: share + (ContinuousClock.now - start))
        }
    }

    /// Draws; where memory is short, again after what nobody uses has been let go.
    private func draw(_ ready: [Ready], _ resident: ResidentModel, _ key: ModelKey) async {
        var rest = ready
        while let first = rest.first {
            let limit: Int
            do {
                limit = try await fitting(rest, resident, key)
            } catch {
                if rest.count > 1 {
                    // What is too much for one of them need not be for the others.
                    for one in rest { await draw([one], resident, key) }
                } else {
                    await first.job.end(.failure(error))
                }
                return
            }
            let refused = await generate(rest, atOnce: limit, resident.model)
            guard !refused.isEmpty else { return }
            let extras = refused.map(\.ready.translated.extraCount).max() ?? 0
            let hasRoom =
                if await resident.dropExtras(latest: extras) { true } else { await runner.residents.evictOne() }
            guard hasRoom else {
                for (one, error) in refused { await one.job.end(.failure(error)) }
                return
            }
            rest = refused.map(\.ready)
        }
    }

    /// How many images are to be drawn at once: as many as are worth it and fit into the budget beside the models at hand,
    /// and one if that must make room.
    ///
    /// - Throws: ``EngineError`` if one does not fit.
    private func fitting(_ ready: [Ready], _ resident: ResidentModel, _ key: ModelKey) async throws -> Int {
        let requests = ready.map(\.translated.generation)
        var limit = await runner.batchLimit(for: requests[0], on: resident.model)
        guard runner.settings.memoryBudget != nil else { return limit }
        while true {
            let needed = try await resident.model.forecast(batch: requests, atOnce: limit).peakBytes
            if limit == 1 {
                try await runner.residents.makeRoom(for: "this request", needed, beside: key)
                return 1
            }
            if await runner.residents.hasRoom(needed, beside: key) { return limit }
            limit /= 2
        }
    }

    /// Draws, and ends each job as soon as its images are kept.
    ///
    /// - Returns: those that did not fit into memory, and why.
    private func generate(
        _ ready: [Ready], atOnce limit: Int, _ model: Model
    ) async -> [(ready: Ready, error: EngineError)] {
        typealias End = (place: Int, result: Result<Drawn, any Error>)
        let (ends, end) = AsyncStream.makeStream(of: End.self)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await model.generate(batch: ready.map(\.translated.generation), atOnce: limit) { place, step in
                        try follow(ready[place].job, step)
                    } ended: { place, result in
                        let checking = ready[place].job.checking.elapsed
                        end.yield((place, result.map { Drawn(result: $0, checking: checking) }))
                    }
                } catch {
                    // Cancelled, of which every job has heard.
                }
                end.finish()
            }
            var refused: [(ready: Ready, error: EngineError)] = []
            for await (place, result) in ends {
                let one = ready[place]
                do {
                    let drawn = try result.get()
                    one.job.progress.enter(.finishing)
                    var runner = runner
                    runner.logger = one.job.logger
                    let finishing = Finishing(runner, one.job.request, one.translated, drawn, loading: one.loading)
                    await one.job.end(.success(try await finishing(model)))
                } catch let error as EngineError {
                    refused.append((one, error))
                } catch {
                    await one.job.end(.failure(error))
                }
            }
            return refused
        }
    }

    private func follow(_ job: DrawingJob, _ progress: Progress) throws {
        if job.isCancelled() { throw CancellationError() }
        switch progress {
        case .step(let step, let picture):
            // A preview that cannot be made is none; what is wrong with the numbers ends the run itself.
            job.progress.step(step) { try? job.preview?(picture()) }
        case .decoded: job.checking.begin()
        case .encoded: break
        }
    }
}
