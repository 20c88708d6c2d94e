import DaguerreAccess
import Synchronization
import Testing

@Suite struct KeyAuthenticatorTests {
    let pepper: Pepper

    init() throws { pepper = try #require(Pepper([UInt8](repeating: 7, count: 32))) }

    @Test func theHolderOfATokenIsKnown() async throws {
        let store = Store()
        let (key, token) = try APIKey.make(name: "studio", scope: .generate, limits: KeyLimits(), pepper: pepper, at: 1)
        try await store.add(key)
        let authenticator = KeyAuthenticator(store, pepper)
        #expect(try await authenticator.key(presenting: token.text) == key)
        #expect(try await authenticator.key(presenting: KeyToken().text) == nil)
        #expect(try await authenticator.key(presenting: "Bearer") == nil)
        let forged = "sd_\(key.id)_" + String(repeating: "A", count: 43)
        #expect(try await authenticator.key(presenting: forged) == nil)
    }

    @Test func aRevokedKeyIsUselessWithinItsMemory() async throws {
        let store = Store()
        let (key, token) = try APIKey.make(name: "studio", scope: .admin, limits: KeyLimits(), pepper: pepper, at: 1)
        try await store.add(key)
        let authenticator = KeyAuthenticator(store, pepper)
        #expect(try await authenticator.key(presenting: token.text) != nil)
        #expect(try await store.revoke(key.id, at: 2))
        try await Task.sleep(for: KeyAuthenticator.memory + .milliseconds(50))
        #expect(try await authenticator.key(presenting: token.text) == nil)
    }

    /// Both take an HMAC over the secret, so that the time does not tell whether the identifier is someone's.
    @Test func anUnknownIdentifierCostsWhatAWrongSecretDoes() async throws {
        let store = Store()
        let (key, _) = try APIKey.make(name: "studio", scope: .admin, limits: KeyLimits(), pepper: pepper, at: 1)
        try await store.add(key)
        let authenticator = KeyAuthenticator(store, pepper)
        func best(_ text: String) async throws -> Duration {
            var best = Duration.seconds(100)
            for _ in 0..<30 {
                let start = ContinuousClock.now
                for _ in 0..<50 { _ = try await authenticator.key(presenting: text) }
                best = min(best, ContinuousClock.now - start)
            }
            return best
        }
        let wrong = try await best("sd_\(key.id)_" + String(repeating: "A", count: 43))
        let unknown = try await best(KeyToken().text)
        #expect((0.4...2.5).contains(unknown / wrong), "\(unknown) beside \(wrong)")
        // What is no token at all is told by its form, which everyone knows.
        #expect(try await best("Bearer") < wrong)
    }

    @Test func aMomentsRequestsAskTheStoreOnce() async throws {
        let store = Store()
        let (key, token) = try APIKey.make(name: "studio", scope: .admin, limits: KeyLimits(), pepper: pepper, at: 1)
        try await store.add(key)
        let authenticator = KeyAuthenticator(store, pepper)
        for _ in 0..<100 { _ = try await authenticator.key(presenting: token.text) }
        #expect(store.lookups < 5)
    }

    @Test(arguments: ["", String(repeating: "n", count: 65), "a\u{7}b", "a\nb"])
    func namesThatCannotBeShownAreRefused(_ name: String) {
        #expect(throws: AccessError.self) {
            try APIKey.make(name: name, scope: .generate, limits: KeyLimits(), pepper: pepper, at: 1)
        }
    }

    @Test(arguments: [
        KeyLimits(requestsPerMinute: 0), KeyLimits(requestsPerMinute: .nan), KeyLimits(secondsPerDay: -1),
        KeyLimits(secondsPerDay: .infinity), KeyLimits(unfinishedJobs: 0),
    ])
    func limitsThatAreNoneAreRefused(_ limits: KeyLimits) {
        #expect(throws: AccessError.self) {
            try APIKey.make(name: "a", scope: .generate, limits: limits, pepper: pepper, at: 1)
        }
    }
}

private final class Store: KeyStore {
    private let state = Mutex((keys: [APIKey](), lookups: 0))

    var lookups: Int { state.withLock { $0.lookups } }

    func keys() async throws -> [APIKey] { state.withLock { $0.keys } }

    func key(_ id: String) async throws -> APIKey? {
        state.withLock { state in
            state.lookups += 1
            return state.keys.first { $0.id == id }
        }
    }

    func add(_ key: APIKey) async throws { state.withLock { $0.keys.append(key) } }

    func revoke(_ id: String, at milliseconds: Int64) async throws -> Bool {
        state.withLock { state in
            guard let place = state.keys.firstIndex(where: { $0.id == id && $0.revoked == nil }) else { return false }
            let key = state.keys[place]
            state.keys[place] = APIKey(
                id: key.id, name: key.name, scope: key.scope, limits: key.limits, hash: key.hash, created: key.created,
                revoked: milliseconds)
            return true
        }
    }
}
