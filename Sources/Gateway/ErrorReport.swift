import DaguerreAccess
import DaguerreImaging
import DaguerreJobs
public import HTTPTypes
import Hummingbird

/// What a client is told of an error: the one place where errors become statuses.
///
/// Interfaces write it in their own shape; see ``ErrorShape``.
public struct ErrorReport: Equatable, Sendable {
    /// The HTTP status.
    public var status: HTTPResponse.Status
    /// A stable name of the kind of error, in snake case.
    public var code: String
    /// What happened, in a few words that are the same each time.
    public var title: String
    /// One line: what was wrong, where, what was expected, what to do; never a path.
    public var detail: String
    /// The field at fault, if one is.
    public var field: String?
    /// What the status asks for beside the body: `Retry-After`, `Allow`, `WWW-Authenticate`, `Content-Range`.
    public var headers: HTTPFields = [:]
    /// Whether it is the server's own fault, which its log is to show.
    public var isInternal: Bool { status.code == 500 }

    /// A report in these words.
    public init(_ status: HTTPResponse.Status, _ code: String, _ title: String, _ detail: String, field: String? = nil)
    {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.field = field
    }

    /// What a client is told of `error`.
    public init(_ error: any Error) {
        switch error {
        case let error as any ReportedError: self = error.report
        case let error as GatewayError: self.init(error)
        case let error as RequestError:
            self.init(
                .unprocessableContent, "invalid_request", "The request cannot be done", error.message,
                field: error.field)
        case let error as QueueError: self.init(error)
        case let error as ImagingError where error.isOfInput:
            self.init(.unprocessableContent, "invalid_image", "The picture cannot be read", error.description)
        case let error as DecodingError:
            self.init(.badRequest, "invalid_json", "The body is not what this route takes", error.line)
        case is CancellationError:
            self.init(.serviceUnavailable, "cancelled", "The request was cancelled", "the request was cancelled")
        case let error as any HTTPResponseError: self.init(library: error.status)
        default:
            self.init(
                .internalServerError, "internal_error", "Something went wrong here",
                "the server could not do this; its log has the reason under the request's id")
        }
    }

    /// What the HTTP library reports by a status alone.
    private init(library status: HTTPResponse.Status) {
        switch status {
        case .notFound:
            self.init(GatewayError.notFound("there is nothing at this address; GET /openapi.json lists what there is"))
        case .contentTooLarge:
            self.init(
                .contentTooLarge, "too_large", "The body is too large", "the body is larger than this route takes")
        default:
            self.init(
                status, status.code < 500 ? "bad_request" : "internal_error", status.reasonPhrase,
                status.reasonPhrase.lowercased())
        }
    }

    private init(_ error: QueueError) {
        switch error {
        case .full(let seconds):
            let wait = spreadSeconds(seconds)
            self.init(
                .tooManyRequests, "queue_full", "Too much waits already",
                "the queue is full; ask again in \(wait) seconds")
            headers[.retryAfter] = wait
        case .tooManyUnfinished(let limit):
            self.init(
                .tooManyRequests, "too_many_jobs", "Too many jobs of this key are unfinished",
                "this key may have \(limit) unfinished jobs; wait for one of them, or cancel it")
            headers[.retryAfter] = spreadSeconds(5)
        case .budgetSpent(let limit, let seconds):
            let wait = spreadSeconds(seconds)
            self.init(
                .tooManyRequests, "budget_spent", "The key's computing time is used up",
                "this key may use \(limit) seconds of computing a day; more is free in \(wait) seconds")
            headers[.retryAfter] = wait
        case .idempotencyConflict:
            self.init(
                .unprocessableContent, "idempotency_conflict", "The idempotency key was used for another body",
                "Idempotency-Key: this key came with another body within a day; use a new key")
        case .storage:
            self.init(
                .internalServerError, "storage_failed", "The server could not store or read this",
                "the server's store failed; its log has the reason under the request's id")
        }
    }

    private init(_ error: GatewayError) {
        switch error {
        case .badRequest(let text):
            self.init(.badRequest, "bad_request", "The request is not what this route takes", text)
        case .unauthorized:
            self.init(
                .unauthorized, "unauthorized", "A valid key is needed",
                "send one as Authorization: Bearer sd_…, as X-API-Key, or as the password of Basic authentication")
            headers[.wwwAuthenticate] = "Bearer"
        case .forbidden(let needed):
            self.init(
                .forbidden, "forbidden", "The key does not allow this",
                "this takes a key of scope \"\(needed.rawValue)\"")
        case .originRefused(let origin):
            self.init(
                .forbidden, "origin_refused", "Pages of this origin may not do this",
                "Origin: \"\(origin.prefix(96))\" is not among the origins that the server's configuration allows")
        case .hostRefused(let host):
            self.init(
                .forbidden, "host_refused", "The server does not go by this name",
                "Host: \"\(host.prefix(96))\" is none of the names in the server's configuration; without keys it answers "
                    + "to localhost and to addresses only")
        case .notFound(let text): self.init(.notFound, "not_found", "There is no such thing", text)
        case .methodNotAllowed(let methods):
            let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
            self.init(
                .methodNotAllowed, "method_not_allowed", "The path does not take this method",
                "this path takes \(allowed)")
            headers[.allow] = allowed
        case .tooLarge(let limit):
            self.init(
                .contentTooLarge, "too_large", "The body is too large",
                "the body is larger than the \(limit) bytes that are taken")
        case .tooSlow(let rate):
            self.init(
                .requestTimeout, "too_slow", "The body comes too slowly",
                "others wait for the place of this body, which came with less than \(rate) bytes a second; "
                    + "send it faster, or in smaller parts")
        case .unsupportedMediaType(let found, let expected):
            self.init(
                .unsupportedMediaType, "unsupported_media_type", "The body is of another kind",
                "Content-Type: \"\(found.prefix(96))\" is not \(expected)")
        case .rangeNotSatisfiable(let count):
            self.init(
                .rangeNotSatisfiable, "range_not_satisfiable", "No byte of that range exists",
                "Range: the image has \(count) bytes")
            headers[.contentRange] = "bytes */\(count)"
        case .upgradeRequired:
            self.init(
                .upgradeRequired, "upgrade_required", "This path speaks WebSocket",
                "connect with a WebSocket client: Connection: Upgrade, Upgrade: websocket, Sec-WebSocket-Version: 13")
            headers[.upgrade] = "websocket"
        case .rateLimited(let seconds):
            let wait = spreadSeconds(seconds)
            self.init(
                .tooManyRequests, "rate_limited", "The key asks too often",
                "this key has used its requests a minute; ask again in \(wait) seconds")
            headers[.retryAfter] = wait
        case .busy:
            self.init(
                .serviceUnavailable, "busy", "Too much is being done at this moment",
                "as many requests with pictures as the server takes at once are under way; ask again in a moment")
            headers[.retryAfter] = spreadSeconds(1)
        case .shuttingDown:
            self.init(
                .serviceUnavailable, "shutting_down", "The server is about to end",
                "the server is about to end; jobs that it has accepted are kept and done after its restart")
            headers[.retryAfter] = spreadSeconds(10)
        }
    }
}

/// An error that says itself what a client is told of it.
protocol ReportedError: Error {
    /// What a client is told.
    var report: ErrorReport { get }
}

/// From 1 to a day, rounded up, and up to a quarter more, which is at least one second and at most a minute: clients that were
/// sent away together are not to come back together.
private func spreadSeconds(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds.isFinite ? seconds : 86400, 1), 86400).rounded(.up))
    return String(whole + Int.random(in: 0...min(max(whole / 4, 1), 60)))
}

extension DecodingError {
    /// One line that names the field.
    fileprivate var line: String {
        let context: Context
        switch self {
        case .typeMismatch(_, let here), .valueNotFound(_, let here), .keyNotFound(_, let here),
            .dataCorrupted(let here):
            context = here
        @unknown default: return "the body cannot be read"
        }
        var path = ""
        for key in context.codingPath {
            path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + key.stringValue.prefix(64)
        }
        if case .keyNotFound(let key, _) = self {
            return "\(path.isEmpty ? "" : path + ".")\(key.stringValue): is missing"
        }
        let text =
            context.debugDescription.split(whereSeparator: \.isNewline).first.map(String.init) ?? "cannot be read"
        return (path.isEmpty ? "the body" : path) + ": " + text.prefix(200)
    }
}
