import DaguerreJobs
import DaguerreWorker
import Logging
import ServiceLifecycle
import Synchronization

/// Loads the default model when the server starts, so that the first job need not wait for it; `/startupz` says when.
final class Startup: Service {
    private let runner: EngineRunner
    private let isNeeded: Bool
    private let logger: Logger
    private let done = Atomic<Bool>(false)

    /// - Parameter isNeeded: whether a server without that model is none: where it was named, or a safety policy has to
    ///   know that its checker works.
    init(_ runner: EngineRunner, isNeeded: Bool, logger: Logger) {
        self.runner = runner
        self.isNeeded = isNeeded
        self.logger = logger
    }

    /// Whether everything that must be done before work can begin is done.
    var isDone: Bool { done.load(ordering: .acquiring) }

    /// Loads the model, and then has nothing to do until the server shuts down.
    ///
    /// - Throws: `JobFailure` if the model cannot be used and is needed.
    func run() async throws {
        let start = Timestamp.now()
        if let failure = await failureToLoad() {
            guard !isNeeded else { throw failure }
            logger.error("the default model cannot be loaded", metadata: ["error": "\(failure.message)"])
        } else {
            let seconds = Timestamp.now().seconds(since: start)
            logger.info("the default model is loaded", metadata: ["seconds": .stringConvertible(seconds)])
        }
        done.store(true, ordering: .releasing)
        // It is cancelled where the server fails, and has nothing to add to that.
        try? await gracefulShutdown()
    }

    private func failureToLoad() async -> JobFailure? {
        do {
            try await runner.warm()
            return nil
        } catch {
            return error
        }
    }
}
