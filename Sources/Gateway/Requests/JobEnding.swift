import DaguerreJobs
import HTTPTypes

/// That a job ended without images, for interfaces whose answers are the images.
struct JobEnding: ReportedError {
    let record: JobRecord

    /// What a client is told of it.
    var report: ErrorReport {
        switch (record.state, record.outcome) {
        case (.blocked, _):
            ErrorReport(
                .unprocessableContent, "blocked_by_policy", "The safety policy lets no image out",
                "the server's safety policy lets no image of this request out; ask for something else")
        case (.failed, .failed(let failure)?):
            ErrorReport(Self.status(of: failure.code), failure.code.rawValue, "The job failed", failure.message)
        case (.expired, _):
            ErrorReport(
                .serviceUnavailable, "expired", "The job came too late",
                "the deadline passed before there was an image; ask again")
        case (.cancelled, _):
            ErrorReport(
                .conflict, "cancelled", "The job was cancelled", "the job was cancelled before there was an image")
        default:
            ErrorReport(
                .internalServerError, "internal_error", "The job has no images",
                "the job ended without an image; the server's log has the reason")
        }
    }

    private static func status(of code: JobFailure.Code) -> HTTPResponse.Status {
        switch code {
        case .invalidRequest: .unprocessableContent
        case .modelUnavailable, .outOfMemory, .safetyUnavailable: .serviceUnavailable
        case .numericallyFailed, .workerLost, .internalError: .internalServerError
        }
    }
}
