public import DaguerreAccess
public import DaguerreGateway
import DaguerreJobs
import Synchronization

/// Keys that are what their owners are called, behind `sd_`.
public final class FixedKeys: CallerSource {
    private let callers: [String: Caller]
    private let counts = Mutex<[String: Int]>([:])
    private let requestsLeft: Int

    /// The keys `sd_anna` and `sd_bert`, which may draw, `sd_mona`, which may look for models, too, and `sd_root`.
    ///
    /// - Parameters:
    ///   - requests: how many requests each may make.
    ///   - limits: how much more each may do.
    public init(requests: Int = .max, limits: KeyLimits = KeyLimits()) {
        requestsLeft = requests
        let scopes: [(String, Scope)] = [("anna", .generate), ("bert", .generate), ("mona", .models), ("root", .admin)]
        callers = Dictionary(
            uniqueKeysWithValues: scopes.map { ("sd_" + $0.0, Caller(owner: Owner($0.0), scope: $0.1, limits: limits)) }
        )
    }

    /// The holder of `key`.
    public func caller(presenting key: String) async throws -> Caller? { callers[key] }

    /// Refuses for seven seconds once the requests are used up.
    public func refusal(of caller: Caller) async -> Double? {
        counts.withLock { counts in
            counts[caller.owner.name, default: 0] += 1
            return counts[caller.owner.name, default: 0] > requestsLeft ? 7 : nil
        }
    }
}
