import DaguerreJobs
import Logging

extension Logger {
    /// The same for lines about `job`, which all carry its name and those of the request that it came with, as the gateway's
    /// lines have them.
    func about(_ job: JobRecord) -> Logger {
        var logger = self
        logger[metadataKey: "job"] = "\(job.id)"
        guard let trace = job.trace else { return logger }
        logger[metadataKey: "request_id"] = "\(trace.requestID)"
        logger[metadataKey: "trace_id"] = trace.traceID.map { "\($0)" }
        logger[metadataKey: "parent_span_id"] = trace.parentID.map { "\($0)" }
        return logger
    }
}
