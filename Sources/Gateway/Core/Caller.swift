public import DaguerreAccess
public import DaguerreJobs

/// Who makes a request, and what they may do.
public struct Caller: Sendable {
    /// Whose jobs, images and uploads these are.
    public let owner: Owner
    /// What they may do.
    public let scope: Scope
    /// How much they may do.
    public let limits: KeyLimits
    /// Whether they have shown a key; `false` on a server that is open to its own machine.
    public let isAuthenticated: Bool
    /// The request by which they ask, for the records of what it leads to.
    public var trace: JobTrace?

    /// Whoever holds the key of `owner`.
    public init(owner: Owner, scope: Scope, limits: KeyLimits = KeyLimits(), isAuthenticated: Bool = true) {
        self.owner = owner
        self.scope = scope
        self.limits = limits
        self.isAuthenticated = isAuthenticated
    }

    /// Everyone, on a server without keys.
    public static let local = Caller(owner: .local, scope: .admin, isAuthenticated: false)

    /// Whose jobs and images they see by name: their own, or everyone's where nil.
    public var visible: Owner? { scope >= .admin ? nil : owner }

    /// What a queue is to hold them to.
    public var allowance: JobSubmission.Allowance {
        JobSubmission.Allowance(unfinishedJobs: limits.unfinishedJobs, secondsPerDay: limits.secondsPerDay)
    }

    /// - Throws: ``GatewayError/forbidden(needed:)`` unless they may do what `needed` allows.
    public func require(_ needed: Scope) throws(GatewayError) {
        guard scope >= needed else { throw .forbidden(needed: needed) }
    }
}

/// Tells who holds a key.
public protocol CallerSource: Sendable {
    /// The holder of `key`; nil if it is no key of this server or has been revoked.
    func caller(presenting key: String) async throws -> Caller?
    /// Counts a request of `caller` against its rate.
    ///
    /// - Returns: seconds after which it may ask again; nil if it may now.
    func refusal(of caller: Caller) async -> Double?
}
