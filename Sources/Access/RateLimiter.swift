import Synchronization

/// How often something may happen, as a bucket of tokens that fills evenly.
public struct TokenBucket: Equatable, Sendable {
    /// Tokens that come in a second, and the most that lie in it.
    public let perSecond, most: Double
    private var tokens: Double
    private var seconds: Double

    /// A full bucket, looked at after `seconds` of some clock.
    public init(perSecond: Double, most: Double, at seconds: Double) {
        self.perSecond = perSecond
        self.most = max(most, 1)
        self.seconds = seconds
        tokens = self.most
    }

    /// Takes a token at `now`, in seconds of the same clock; else says after how many seconds there will be one.
    public mutating func take(at now: Double) -> Double? {
        tokens = min(most, tokens + max(now - seconds, 0) * perSecond)
        seconds = max(now, seconds)
        guard tokens >= 1 else { return (1 - tokens) / perSecond }
        tokens -= 1
        return nil
    }

    /// Whether it has filled up by `now`: it says no more than a new one would.
    func isFull(at now: Double) -> Bool { tokens + max(now - seconds, 0) * perSecond >= most }
}

/// How often each of many may ask.
public final class RateLimiter: Sendable {
    private let state = Mutex(State())
    private let mostBuckets: Int
    private let now: @Sendable () -> Double

    fileprivate struct State {
        var buckets: [String: TokenBucket] = [:]
        /// Everyone who has a bucket of their own, once, in the order in which they are looked at when room is wanted.
        var askers: [String] = []
        /// The next to be looked at.
        var hand = 0
    }

    /// A burst may take so many seconds' worth at once.
    public static let burstSeconds = 10.0
    /// How many are looked at for one stranger: what asking costs does not grow with how many have asked.
    private static let looks = 16

    /// Nobody has asked yet.
    ///
    /// - Parameters:
    ///   - mostBuckets: how many askers are remembered; past that, a stranger takes the place of one who has paused long
    ///     enough to be a stranger again, and if none is found among the next few, strangers share one bucket.
    ///   - now: seconds of a clock that never goes back.
    public init(mostBuckets: Int = 10_000, now: @escaping @Sendable () -> Double = secondsOfRunning) {
        self.mostBuckets = max(mostBuckets, 1)
        self.now = now
    }

    /// Lets `asker` ask once more, or says after how many seconds it may.
    public func take(_ asker: String, perMinute: Double) -> Double? {
        let now = now()
        return state.withLock { state in
            let name = state.place(asker, most: mostBuckets, looks: Self.looks, at: now)
            let perSecond = perMinute / 60
            let most = max(perSecond * Self.burstSeconds, 1)
            var bucket = state.buckets[name] ?? TokenBucket(perSecond: perSecond, most: most, at: now)
            // The limit may have been changed.
            if bucket.perSecond != perSecond { bucket = TokenBucket(perSecond: perSecond, most: most, at: now) }
            defer { state.buckets[name] = bucket }
            return bucket.take(at: now)
        }
    }
}

extension RateLimiter.State {
    /// Whose bucket `asker` takes from: their own, for which there is room now, or that of all strangers.
    fileprivate mutating func place(_ asker: String, most: Int, looks: Int, at now: Double) -> String {
        if buckets[asker] != nil { return asker }
        guard askers.count >= most else {
            askers.append(asker)
            return asker
        }
        for _ in 0..<min(looks, askers.count) {
            hand = (hand + 1) % askers.count
            guard buckets[askers[hand]]?.isFull(at: now) ?? true else { continue }
            buckets[askers[hand]] = nil
            askers[hand] = asker
            return asker
        }
        return ""
    }
}

/// Seconds of a clock that never goes back.
@Sendable public func secondsOfRunning() -> Double { (ContinuousClock.now - origin) / .seconds(1) }

private let origin = ContinuousClock.now
