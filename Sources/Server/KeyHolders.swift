import DaguerreAccess
import DaguerreGateway
import DaguerreJobs

/// Those who hold API keys, as the gateway asks for them.
struct KeyHolders: CallerSource {
    let authenticator: KeyAuthenticator
    let rates = RateLimiter()

    func caller(presenting key: String) async throws -> Caller? {
        guard let key = try await authenticator.key(presenting: key) else { return nil }
        return Caller(owner: Owner(key.id), scope: key.scope, limits: key.limits)
    }

    func refusal(of caller: Caller) async -> Double? {
        caller.limits.requestsPerMinute.flatMap { rates.take(caller.owner.name, perMinute: $0) }
    }
}
