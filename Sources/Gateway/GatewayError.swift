public import DaguerreAccess
import DaguerreJobs
public import HTTPTypes

/// Why the gateway did not do what a client asked for.
public enum GatewayError: Error, Equatable, Sendable {
    /// The request is not what this route takes; the text says what was found and what was expected.
    case badRequest(String)
    /// No key was shown, or one that is not valid.
    case unauthorized
    /// The key does not allow this.
    case forbidden(needed: Scope)
    /// The request comes from a page of another origin, which has not been allowed.
    case originRefused(String)
    /// The server is open to its own machine only, and was called by a name that is not that machine's.
    case hostRefused(String)
    /// There is no such thing, or it is another's; the text says what.
    case notFound(String)
    /// The path takes other methods only.
    case methodNotAllowed([HTTPRequest.Method])
    /// What was sent is larger than the limit, in bytes.
    case tooLarge(limit: Int)
    /// The body comes too slowly for one that others wait for.
    case tooSlow(bytesPerSecond: Int)
    /// What was sent is of a kind that this route does not take.
    case unsupportedMediaType(found: String, expected: String)
    /// No byte of that range exists.
    case rangeNotSatisfiable(byteCount: Int)
    /// The route speaks WebSocket only.
    case upgradeRequired
    /// The key has asked too often.
    case rateLimited(retryAfterSeconds: Double)
    /// Too much is being done at this moment.
    case busy
    /// The server is about to end; it may be back soon, and accepted jobs with it.
    case shuttingDown

    /// The job `id` does not exist, as far as the caller may know.
    static func noJob(_ id: JobIdentifier) -> GatewayError { .notFound("no job of yours is called \(id)") }
}
