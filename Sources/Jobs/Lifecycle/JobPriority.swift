/// How urgent a job is beside others.
public enum JobPriority: String, Codable, CaseIterable, Sendable {
    case high, normal, low

    /// Its share of the workers while all three wait; none starves.
    public var weight: Int {
        switch self {
        case .high: 8
        case .normal: 3
        case .low: 1
        }
    }
}
