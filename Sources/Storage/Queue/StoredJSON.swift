package import DaguerreJobs
import FoundationEssentials

/// Values as the database keeps them: JSON, which its migrations and people can read.
package enum StoredJSON {
    package static func text(_ value: some Encodable) throws(QueueError) -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw .storage("a job cannot be written as JSON: \(error)")
        }
    }

    static func text(ifPresent value: (some Encodable)?) throws(QueueError) -> String? {
        guard let value else { return nil }
        return try text(value)
    }

    static func value<Value: Decodable>(
        _ type: Value.Type, ifPresent text: String?
    ) throws(QueueError) -> Value? {
        guard let text else { return nil }
        return try value(type, from: text)
    }

    package static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws(QueueError) -> Value {
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
package struct StoredOutcome: Codable {
    private var images: [JobImage]?
    private var usage: JobUsage?
    private var failure: JobFailure?
    private var safety: [SafetyRecord]?

    package init?(_ outcome: JobOutcome?) {
        switch outcome {
        case .succeeded(let images, let usage, let safety):
            self.images = images
            self.usage = usage
            self.safety = safety
        case .failed(let failure):
            self.failure = failure
        case .blocked(let safety, let usage):
            self.safety = safety
            self.usage = usage
        case .cancelled, nil: return nil
        }
    }

    /// Nil if it does not go with `state`.
    package func outcome(in state: JobState) -> JobOutcome? {
        switch state {
        case .succeeded:
            if let images, let usage {
                // Earlier versions kept no word of those withheld.
                .succeeded(images, usage, safety: safety ?? images.compactMap(\.safety))
            } else {
                nil
            }
        case .failed: failure.map(JobOutcome.failed)
        case .blocked: if let safety, let usage { .blocked(safety, usage) } else { nil }
        default: nil
        }
    }
}
