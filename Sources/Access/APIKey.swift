/// An API key as the store has it: all but its secret, of which only a keyed hash is kept.
public struct APIKey: Equatable, Sendable {
    /// Names it, in the key itself and in lists: eight lowercase letters and digits.
    public let id: String
    /// What people call it.
    public let name: String
    /// What it may be used for.
    public let scope: Scope
    /// How much it may be used.
    public let limits: KeyLimits
    /// HMAC-SHA256 of the secret under the server's pepper.
    public let hash: [UInt8]
    /// Milliseconds since 1970-01-01 UTC.
    public let created: Int64, revoked: Int64?

    /// A key of a store.
    public init(
        id: String, name: String, scope: Scope, limits: KeyLimits, hash: [UInt8], created: Int64, revoked: Int64?
    ) {
        self.id = id
        self.name = name
        self.scope = scope
        self.limits = limits
        self.hash = hash
        self.created = created
        self.revoked = revoked
    }

    /// A new key, and the token that its holder is to be shown once.
    ///
    /// - Throws: ``AccessError`` for a name or limits that cannot be.
    public static func make(
        name: String, scope: Scope, limits: KeyLimits, pepper: Pepper, at milliseconds: Int64
    ) throws(AccessError) -> (key: APIKey, token: KeyToken) {
        guard (1...64).contains(name.count), name.unicodeScalars.allSatisfy({ !$0.properties.isControl }) else {
            throw .name(String(name.unicodeScalars.filter { !$0.properties.isControl }.prefix(64).map(Character.init)))
        }
        try limits.validate()
        let token = KeyToken()
        let key = APIKey(
            id: token.id, name: name, scope: scope, limits: limits, hash: token.hash(pepper), created: milliseconds,
            revoked: nil)
        return (key, token)
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { generalCategory == .control || generalCategory == .format }
}

/// How much a key may be used; nil is without limit.
public struct KeyLimits: Codable, Equatable, Sendable {
    /// Requests a minute; a burst may take ten seconds' worth at once.
    public var requestsPerMinute: Double?
    /// Jobs that wait or run at once.
    public var unfinishedJobs: Int?
    /// Seconds of computing in any 24 hours.
    public var secondsPerDay: Double?

    /// Without limits, unless some are given.
    public init(requestsPerMinute: Double? = nil, unfinishedJobs: Int? = nil, secondsPerDay: Double? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.unfinishedJobs = unfinishedJobs
        self.secondsPerDay = secondsPerDay
    }

    /// - Throws: ``AccessError/limit(_:found:expected:)`` for a number that is none or not above zero.
    func validate() throws(AccessError) {
        for (field, value) in [("requests per minute", requestsPerMinute), ("seconds per day", secondsPerDay)] {
            guard let value else { continue }
            guard value.isFinite, value > 0 else {
                throw .limit(field, found: "\(value)", expected: "a number above 0")
            }
        }
        if let unfinishedJobs, unfinishedJobs < 1 {
            throw .limit("unfinished jobs", found: "\(unfinishedJobs)", expected: "a number from 1")
        }
    }
}
