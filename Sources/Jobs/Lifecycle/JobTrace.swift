/// The request that a job came with, for whoever follows it through logs and traces.
public struct JobTrace: Codable, Equatable, Sendable {
    /// What the request is called in the gateway's log and in its answer's `X-Request-ID`.
    public var requestID: String
    /// The trace that it belongs to and the span that sent it, where the client said so: 32 and 16 lowercase hexadecimal digits
    /// of W3C's Trace Context.
    public var traceID: String?, parentID: String?

    /// The request `requestID`, which belongs to no trace unless one is given.
    public init(requestID: String, traceID: String? = nil, parentID: String? = nil) {
        self.requestID = requestID
        self.traceID = traceID
        self.parentID = parentID
    }
}
