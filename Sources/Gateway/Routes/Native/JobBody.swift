import DaguerreJobs
import Glibc

/// A job as the native interface shows it.
struct JobBody: Encodable {
    let id: JobIdentifier
    let state: JobState
    let priority: JobPriority
    let request: JobRequest
    let submittedAt: String
    let startedAt, finishedAt, deadlineAt: String?
    let estimatedSeconds: Double
    let attempt: Int
    let isCancelRequested: Bool
    let trace: Trace?
    /// The place in the line, 0 for the next.
    var position: Int?
    var progress: ProgressBody?
    var images: [ImageBody]?
    var usage: Usage?
    var failure: JobFailure?
    /// What was done with each picture that was drawn, those withheld among them.
    var safety: [SafetyRecord]?

    private enum CodingKeys: String, CodingKey {
        case id, state, priority, request, attempt, position, progress, images, usage, failure, safety, trace
        case submittedAt = "submitted_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case deadlineAt = "deadline_at"
        case estimatedSeconds = "estimated_seconds"
        case isCancelRequested = "cancel_requested"
    }

    init(_ record: JobRecord, position: Int? = nil, progress: JobProgress? = nil) {
        id = record.id
        state = record.state
        priority = record.priority
        request = record.request
        submittedAt = record.submitted.text
        startedAt = record.started?.text
        finishedAt = record.finished?.text
        deadlineAt = record.lifecycle.deadline?.text
        estimatedSeconds = record.estimatedSeconds
        attempt = record.lifecycle.attempt
        isCancelRequested = record.lifecycle.isCancelRequested
        trace = record.trace.map(Trace.init)
        self.position = position
        self.progress = progress.map { ProgressBody($0, of: record.id) }
        switch record.outcome {
        case .succeeded(let images, let usage, _):
            self.images = images.map(ImageBody.init)
            self.usage = Usage(usage)
        case .failed(let failure): self.failure = failure
        case .blocked(_, let usage): self.usage = Usage(usage)
        case .cancelled, nil: break
        }
        if let records = record.outcome?.safety, !records.isEmpty { safety = records }
    }

    /// The request that a job came with.
    struct Trace: Encodable {
        let requestID: String
        let traceID, parentSpanID: String?

        private enum CodingKeys: String, CodingKey {
            case requestID = "request_id"
            case traceID = "trace_id"
            case parentSpanID = "parent_span_id"
        }

        init(_ trace: JobTrace) {
            requestID = trace.requestID
            traceID = trace.traceID
            parentSpanID = trace.parentID
        }
    }

    /// An image of a job.
    struct ImageBody: Encodable {
        let digest: BlobDigest
        let url: String
        let role: JobImage.Role
        let width, height, byteCount: Int
        let mediaType: String
        let seed: UInt64
        let infotext: String
        let safety: SafetyRecord?

        private enum CodingKeys: String, CodingKey {
            case digest, url, role, width, height, seed, infotext, safety
            case byteCount = "byte_count"
            case mediaType = "media_type"
        }

        init(_ image: JobImage) {
            digest = image.digest
            url = ImageRoutes.address(of: image.digest)
            role = image.role
            width = image.width
            height = image.height
            byteCount = image.byteCount
            mediaType = image.mediaType
            seed = image.seed
            infotext = image.infotext
            safety = image.safety
        }
    }

    /// What a job took.
    struct Usage: Encodable {
        let seconds: Double
        let stages: [JobUsage.Stage]
        let steps, peakBytes: Int

        private enum CodingKeys: String, CodingKey {
            case seconds, stages, steps
            case peakBytes = "peak_bytes"
        }

        init(_ usage: JobUsage) {
            seconds = usage.seconds
            stages = usage.stages
            steps = usage.steps
            peakBytes = usage.peakBytes
        }
    }
}

/// How far a job is, as the native interface shows it.
struct ProgressBody: Encodable {
    let job: JobIdentifier
    let stage: JobProgress.Stage
    let step, steps, image: Int
    let fraction: Double
    let secondsLeft: Double?
    /// How the image stands, as a `data:` address.
    var preview: String?

    private enum CodingKeys: String, CodingKey {
        case job, stage, step, steps, image, fraction, preview
        case secondsLeft = "seconds_left"
    }

    init(_ progress: JobProgress, of job: JobIdentifier) {
        self.job = job
        stage = progress.stage
        step = progress.step
        steps = progress.steps
        image = progress.image
        fraction = progress.fraction
        secondsLeft = progress.secondsLeft
        preview = progress.preview.map { "data:\($0.mediaType);base64," + Base64.encode($0.bytes) }
    }
}

extension Timestamp {
    /// As RFC 3339 has it, in UTC: `2026-01-02T03:04:05.678Z`.
    var text: String {
        // What a store has been given may lie beyond any calendar; such a moment is shown as the last there is.
        let milliseconds = min(max(self.milliseconds, 0), 253_402_300_799_999)
        var second = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&second, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        return padded(Int(parts.tm_year) + 1900, 4) + "-" + padded(Int(parts.tm_mon) + 1, 2) + "-"
            + padded(Int(parts.tm_mday), 2) + "T" + padded(Int(parts.tm_hour), 2) + ":" + padded(Int(parts.tm_min), 2)
            + ":" + padded(Int(parts.tm_sec), 2) + "." + padded(Int(milliseconds % 1000), 3) + "Z"
    }
}
