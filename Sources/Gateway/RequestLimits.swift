import DaguerreJobs

/// What requests may ask for.
public struct RequestLimits: Equatable, Sendable {
    /// The defaults.
    public init() {}
}

extension JobRequest {
    func validated(against limits: RequestLimits, vocabulary: EngineVocabulary) throws(RequestError) -> JobRequest {
        self
    }
}
