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
    private(set) var logger: Logger
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

    /// Runs `jobs` one after another; see `JobRunner`.
    ///
    /// A cancelled task leaves those that have not ended without an end.
    public func run(
        _ jobs: [JobLease],
        isCancelled: @escaping @Sendable (JobIdentifier) -> Bool,
        report: @escaping @Sendable (JobIdentifier, JobProgress) -> Void,
        finish: @escaping @Sendable (JobIdentifier, JobOutcome) async -> Void
    ) async {
        for lease in jobs {
            guard !Task.isCancelled else { return }
            let id = lease.job.id
            var runner = self
            runner.logger = logger.about(lease.job)
            let drawing = Drawing(
                runner, lease.job.request, isCancelled: { isCancelled(id) }, report: { report(id, $0) })
            do {
                await finish(id, try await drawing())
            } catch is CancellationError {
                // The worker's own end is not the job's.
                guard !Task.isCancelled else { return }
                await finish(id, .cancelled)
            } catch {
                let failure = JobFailure(error)
                if failure.isUnexpected {
                    runner.logger.error("a job failed unexpectedly", metadata: ["error": "\(error)"])
                }
                await finish(id, .failed(failure))
            }
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
