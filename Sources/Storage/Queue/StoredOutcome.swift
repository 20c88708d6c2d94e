import DaguerreJobs
import FoundationEssentials

/// An outcome as it lies in the database.
struct StoredOutcome: Codable {
    private var images: [JobImage]?
    private var usage: JobUsage?
    private var failure: JobFailure?
    private var safety: [SafetyRecord]?

    /// As JSON; nil where the state says it all.
    static func text(_ outcome: JobOutcome?) throws -> String? {
        var stored = StoredOutcome()
        switch outcome {
        case .succeeded(let images, let usage): (stored.images, stored.usage) = (images, usage)
        case .failed(let failure): stored.failure = failure
        case .blocked(let safety, let usage): (stored.safety, stored.usage) = (safety, usage)
        case .cancelled, nil: return nil
        }
        return String(decoding: try JSONEncoder().encode(stored), as: UTF8.self)
    }

    /// The outcome of a job in `state`, from its JSON.
    static func outcome(_ text: String?, _ state: JobState) throws -> JobOutcome? {
        guard let text else { return state == .cancelled ? .cancelled : nil }
        let stored = try JSONDecoder().decode(StoredOutcome.self, from: Data(text.utf8))
        switch state {
        case .succeeded:
            guard let images = stored.images, let usage = stored.usage else { return nil }
            return .succeeded(images, usage)
        case .failed: return stored.failure.map(JobOutcome.failed)
        case .blocked:
            guard let safety = stored.safety, let usage = stored.usage else { return nil }
            return .blocked(safety, usage)
        default: return nil
        }
    }
}
