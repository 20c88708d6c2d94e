import Synchronization

/// Tells whose token a client sends.
///
/// Keys are remembered for a moment, so that a request does not wait for the disk; a revoked one is useless within that moment.
public final class KeyAuthenticator: Sendable {
    /// How long a key is believed to be as it was.
    public static let memory = Duration.seconds(1)
    /// How many keys are remembered; a stranger who tries many identifiers must not fill the memory.
    private static let mostRemembered = 1024

    private let store: any KeyStore
    private let pepper: Pepper
    private let remembered = Mutex<[String: (key: APIKey?, until: ContinuousClock.Instant)]>([:])
    /// What a token is compared with where there is no key, so that both take the same time.
    private let decoy: [UInt8]

    /// Looks keys up in `store`.
    public init(_ store: any KeyStore, _ pepper: Pepper) {
        self.store = store
        self.pepper = pepper
        decoy = KeyToken().hash(pepper)
    }

    /// The key whose token `text` is; nil if it is none, or is revoked.
    public func key(presenting text: String) async throws -> APIKey? {
        guard let token = KeyToken(text) else { return nil }
        let key = try await key(token.id)
        let isRight = token.matches(key?.hash ?? decoy, pepper)
        guard let key, isRight, key.revoked == nil else { return nil }
        return key
    }

    private func key(_ id: String) async throws -> APIKey? {
        let now = ContinuousClock.now
        if let known = remembered.withLock({ $0[id] }), known.until > now { return known.key }
        let key = try await store.key(id)
        remembered.withLock { remembered in
            if remembered.count >= Self.mostRemembered { remembered.removeAll(keepingCapacity: true) }
            remembered[id] = (key, now + Self.memory)
        }
        return key
    }
}
