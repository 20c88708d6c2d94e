import DaguerreAccess
import FoundationEssentials
import HTTPTypes
import NIOCore

/// Tells who a request comes from, and whether it may come from there.
struct Doorkeeper: Sendable {
    /// Who holds which key; nil on a server that is open to its own machine.
    let keys: (any CallerSource)?
    /// Origins whose pages may use the server beside its own.
    let allowedOrigins: [String]
    /// Names that the server goes by beside `localhost` and addresses.
    let allowedHosts: [String]

    /// Who sent `head`.
    ///
    /// - Parameter key: a key that came by another way than the headers.
    /// - Throws: ``GatewayError``, or what the store of keys throws.
    func caller(of head: HTTPRequest, key: String? = nil) async throws -> Caller {
        guard let keys else {
            // A page of a foreign site could have its name point to this machine: names that are not known are refused.
            guard isKnownHost(head.authority) else { throw GatewayError.hostRefused(head.authority ?? "") }
            return .local
        }
        guard let key = key ?? Self.key(in: head.headerFields), let caller = try await keys.caller(presenting: key)
        else {
            throw GatewayError.unauthorized
        }
        if let seconds = await keys.refusal(of: caller) { throw GatewayError.rateLimited(retryAfterSeconds: seconds) }
        return caller
    }

    /// Refuses what pages of other origins have a browser send, which brings along what it knows of this server.
    func checkOrigin(of head: HTTPRequest) throws(GatewayError) {
        guard let origin = head.headerFields[.origin], !isAllowed(origin, host: head.authority) else { return }
        throw .originRefused(origin)
    }

    /// Whether pages of `origin` may use the server that was called as `host`.
    func isAllowed(_ origin: String, host: String?) -> Bool {
        if allowedOrigins.contains(origin) { return true }
        guard let host, let scheme = origin.firstRange(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == host.lowercased()
    }

    private func isKnownHost(_ authority: String?) -> Bool {
        guard let authority, !authority.isEmpty else { return false }
        let name: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            name = authority[authority.index(after: authority.startIndex)..<end]
        } else {
            name = authority.prefix { $0 != ":" }
        }
        if name.lowercased() == "localhost" || allowedHosts.contains(where: { $0.lowercased() == name.lowercased() }) {
            return true
        }
        return (try? SocketAddress(ipAddress: String(name), port: 0)) != nil
    }

    /// The key that `headers` show: as a bearer's token, as the password of Basic authentication, or by itself.
    static func key(in headers: HTTPFields) -> String? {
        if let key = headers[.apiKey] { return key }
        guard let credentials = headers[.authorization], let space = credentials.firstIndex(of: " ") else { return nil }
        let value = credentials[credentials.index(after: space)...].trimmingPrefix { $0 == " " }
        switch credentials[..<space].lowercased() {
        case "bearer": return String(value)
        case "basic":
            guard let bytes = Data(base64Encoded: String(value)) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { return nil }
            return String(text[text.index(after: colon)...])
        default: return nil
        }
    }
}

extension HTTPField.Name {
    /// The name `text`, which is a token.
    static func own(_ text: String) -> Self { Self(text) ?? .userAgent }

    /// `X-API-Key`.
    static let apiKey = own("X-API-Key")
    /// `X-Request-ID`.
    static let requestID = own("X-Request-ID")
    /// `Idempotency-Key`.
    static let idempotencyKey = own("Idempotency-Key")
    /// `traceparent`, of W3C's Trace Context.
    static let traceParent = own("traceparent")
    /// `Last-Event-ID`.
    static let lastEventID = own("Last-Event-ID")
}
