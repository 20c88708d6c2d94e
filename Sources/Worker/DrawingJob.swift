import DaguerreJobs
import Logging

/// A job that is to be drawn, and who hears of it.
struct DrawingJob: Sendable {
    let request: JobRequest
    /// For lines about it.
    let logger: Logger
    let progress: ProgressReporter
    /// Nil where no preview is wanted, or may be seen.
    let preview: PreviewMaking?
    let checking = CheckingTime()
    /// Whether it is no longer wanted.
    let isCancelled: @Sendable () -> Bool
    /// Is told how it ended, once.
    let end: @Sendable (Result<JobOutcome, any Error>) async -> Void

    /// - Throws: `CancellationError` where the job is no longer wanted or the task is cancelled.
    func check() throws {
        try Task.checkCancellation()
        if isCancelled() { throw CancellationError() }
    }
}
