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
    private let buckets = Mutex<[String: TokenBucket]>([:])
    private let mostBuckets: Int
    private let now: @Sendable () -> Double

    /// A burst may take so many seconds' worth at once.
    public static let burstSeconds = 10.0

    /// Nobody has asked yet.
    ///
    /// - Parameters:
    ///   - mostBuckets: how many askers are remembered; past that, those who have paused long enough are forgotten, and
    ///     strangers share one bucket if that is not enough.
    ///   - now: seconds of a clock that never goes back.
    public init(mostBuckets: Int = 10_000, now: @escaping @Sendable () -> Double = secondsOfRunning) {
        self.mostBuckets = mostBuckets
        self.now = now
    }

    /// Lets `asker` ask once more, or says after how many seconds it may.
    public func take(_ asker: String, perMinute: Double) -> Double? {
        let now = now()
        return buckets.withLock { buckets in
            var name = asker
            if buckets[name] == nil, buckets.count >= mostBuckets {
                buckets = buckets.filter { !$0.value.isFull(at: now) }
                if buckets.count >= mostBuckets { name = "" }
            }
            let perSecond = perMinute / 60
            let most = max(perSecond * Self.burstSeconds, 1)
            var bucket = buckets[name] ?? TokenBucket(perSecond: perSecond, most: most, at: now)
            // The limit may have been changed.
            if bucket.perSecond != perSecond { bucket = TokenBucket(perSecond: perSecond, most: most, at: now) }
            defer { buckets[name] = bucket }
            return bucket.take(at: now)
        }
    }
}

/// Seconds of a clock that never goes back.
@Sendable public func secondsOfRunning() -> Double { (ContinuousClock.now - origin) / .seconds(1) }

private let origin = ContinuousClock.now
