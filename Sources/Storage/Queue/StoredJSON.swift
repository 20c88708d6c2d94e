import DaguerreJobs
import FoundationEssentials

/// Values as the database keeps them: JSON, which its migrations and people can read.
enum StoredJSON {
    static func text(_ value: some Encodable) throws(QueueError) -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw .storage("a job cannot be written as JSON: \(error)")
        }
    }

    static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws(QueueError) -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            throw .storage("daguerre.sqlite has a job whose JSON cannot be read; restore it from a backup")
        }
    }
}

/// An outcome as the database keeps it; the job's state says which kind it is.
struct StoredOutcome: Codable {
    var images: [JobImage]?
    var usage: JobUsage?
    var failure: JobFailure?
    var safety: [SafetyRecord]?

    init?(_ outcome: JobOutcome?) {
        switch outcome {
        case .succeeded(let images, let usage):
            self.images = images
            self.usage = usage
        case .failed(let failure):
            self.failure = failure
        case .blocked(let safety, let usage):
            self.safety = safety
            self.usage = usage
        case .cancelled, nil: return nil
        }
    }

    /// Nil if it does not go with `state`.
    func outcome(in state: JobState) -> JobOutcome? {
        switch state {
        case .succeeded: if let images, let usage { .succeeded(images, usage) } else { nil }
        case .failed: failure.map(JobOutcome.failed)
        case .blocked: if let safety, let usage { .blocked(safety, usage) } else { nil }
        default: nil
        }
    }
}
