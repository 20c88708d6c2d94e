import Daguerre
public import DaguerreJobs
public import DaguerreRegistry
public import Logging

/// Draws what jobs ask for with the engine, and lets nothing out that the safety policy holds back.
public struct EngineRunner: JobRunner {
    let registry: any ModelRegistry
    let blobs: any BlobStore
    let settings: EngineSettings
    let residents: ResidentModels
    var logger: Logger
    /// Where pictures are decoded and encoded: not on the cooperative pool.
    let pictures = ComputeThread()

    /// Draws with the models of `registry`; uploads are read from `blobs`, and images are kept there.
    ///
    /// - Throws: ``JobFailure`` if the policy's safety checker cannot be used, and nothing may therefore be drawn.
    public init(
        registry: any ModelRegistry, blobs: any BlobStore, settings: EngineSettings = EngineSettings(), logger: Logger
    ) throws(JobFailure) {
        do {
            try settings.safety.check()
        } catch {
            throw JobFailure(
                .safetyUnavailable,
                "the safety policy is \(settings.safety.action.rawValue) and its checker cannot be used: \(error)")
        }
        self.registry = registry
        self.blobs = blobs
        self.settings = settings
        self.logger = logger
        residents = ResidentModels(settings, registry, logger)
    }

    /// Models in memory, by the registry's names.
    public var residentModels: Set<String> { get async { await residents.names } }

    /// Loads the model `name`, or the default one, so that the first job need not wait for it.
    ///
    /// - Throws: ``JobFailure`` if it cannot be used under the safety policy, or at all.
    public func warm(_ name: String? = nil) async throws(JobFailure) {
        var request = JobRequest("")
        request.model = name
        do {
            try await residents.withModel(try await ModelKey(request, in: registry)) {
                try requireChecker(of: $0.model)
            }
        } catch {
            throw JobFailure(error)
        }
    }

    /// As many as the settings say or are worth it, once the model is at hand; until then the job that loads it is alone.
    public func batchLimit(for request: JobRequest) async -> Int {
        guard settings.batchLimit != 1, request.batchKey != nil else { return 1 }
        do {
            guard let resident = await residents.resident(try await ModelKey(request, in: registry)) else { return 1 }
            return await batchLimit(for: try GenerationRequest(plain: request), on: resident.model)
        } catch {
            // What is wrong with the request is said when it is drawn.
            return 1
        }
    }

    /// The same for what the engine is asked.
    func batchLimit(for request: GenerationRequest, on model: Model) async -> Int {
        do {
            guard try model.resolve(request).batchKey != nil else { return 1 }
            return if let limit = settings.batchLimit { limit } else { try await model.worthwhileBatch(for: request) }
        } catch {
            return 1
        }
    }

    /// Runs `jobs`, at once where their requests may be; see `JobRunner`.
    ///
    /// A cancelled task leaves those that have not ended without an end.
    public func run(
        _ jobs: [JobLease],
        isCancelled: @escaping @Sendable (JobIdentifier) -> Bool,
        report: @escaping @Sendable (JobIdentifier, JobProgress) -> Void,
        finish: @escaping @Sendable (JobIdentifier, JobOutcome) async -> Void
    ) async {
        var companies: [[JobLease]] = []
        for lease in jobs {
            let key = lease.job.request.batchKey
            if key != nil, let last = companies.last, last[0].job.request.batchKey == key {
                companies[companies.count - 1].append(lease)
            } else {
                companies.append([lease])
            }
        }
        for company in companies where !Task.isCancelled {
            let jobs = company.map { lease in
                let (id, request, logger) = (lease.job.id, lease.job.request, logger.about(lease.job))
                return DrawingJob(
                    request: request, logger: logger,
                    progress: ProgressReporter(
                        previewInterval: settings.previewInterval,
                        previewShare: settings.previewShare / Double(company.count)
                    ) { report(id, $0) },
                    preview: request.previews ? PreviewMaking(settings) : nil,
                    isCancelled: { isCancelled(id) }, end: { await end(id, $0, finish, logger) })
            }
            await Drawing(self, jobs)()
        }
    }

    private func end(
        _ id: JobIdentifier, _ result: Result<JobOutcome, any Error>,
        _ finish: (JobIdentifier, JobOutcome) async -> Void, _ logger: Logger
    ) async {
        do {
            await finish(id, try result.get())
        } catch is CancellationError {
            // The worker's own end is not the job's.
            guard !Task.isCancelled else { return }
            await finish(id, .cancelled)
        } catch {
            let failure = JobFailure(error)
            if failure.isUnexpected {
                logger.error("a job failed unexpectedly", metadata: ["error": "\(error)"])
            }
            await finish(id, .failed(failure))
        }
    }

    /// - Throws: ``JobFailure`` where the policy wants a checker and the model has none: nothing unjudged leaves the worker.
    func requireChecker(of model: Model) throws(JobFailure) {
        guard settings.safety.action != .off, !model.hasSafetyChecker else { return }
        throw JobFailure(
            .safetyUnavailable,
            "\(model.name) has no safety checker and the policy is \(settings.safety.action.rawValue); configure one for all"
                + " models, or use a model that has its own")
    }
}
