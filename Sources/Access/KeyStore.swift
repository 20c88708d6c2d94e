/// Keeps API keys.
public protocol KeyStore: Sendable {
    /// Every key, revoked ones included, the oldest first.
    func keys() async throws -> [APIKey]
    /// The key of that identifier.
    func key(_ id: String) async throws -> APIKey?
    /// Keeps `key` durably.
    func add(_ key: APIKey) async throws
    /// Makes the key useless from now on; `false` if there is none of that identifier that is not revoked already.
    func revoke(_ id: String, at milliseconds: Int64) async throws -> Bool
}
