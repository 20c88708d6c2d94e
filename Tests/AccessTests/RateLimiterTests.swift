import DaguerreAccess
import Synchronization
import Testing

@Suite struct RateLimiterTests {
    /// A clock that the test moves.
    private final class Clock: Sendable {
        let seconds = Mutex(0.0)
        func move(_ by: Double) { seconds.withLock { $0 += by } }
    }

    @Test(arguments: [1.0, 60, 600, 3000])
    func overAnHourTheRateIsWithinFivePercent(_ perMinute: Double) {
        let clock = Clock()
        let limiter = RateLimiter { clock.seconds.withLock { $0 } }
        var accepted = 0
        let tick = 0.01
        for _ in 0..<Int(3600 / tick) {
            if limiter.take("a", perMinute: perMinute) == nil { accepted += 1 }
            clock.move(tick)
        }
        let burst = max(perMinute / 60 * RateLimiter.burstSeconds, 1)
        let expected = perMinute * 60 + burst
        #expect(abs(Double(accepted) - expected) <= 0.05 * expected + 1)
    }

    @Test func whoIsRefusedHearsWhenToComeBack() throws {
        let clock = Clock()
        let limiter = RateLimiter { clock.seconds.withLock { $0 } }
        while limiter.take("a", perMinute: 60) == nil {}
        let wait = try #require(limiter.take("a", perMinute: 60))
        #expect(wait > 0 && wait <= 1)
        clock.move(wait + 1e-6)
        #expect(limiter.take("a", perMinute: 60) == nil)
    }

    @Test func oneAskerDoesNotSpendAnothersTurns() {
        let limiter = RateLimiter { 0 }
        while limiter.take("a", perMinute: 60) == nil {}
        #expect(limiter.take("b", perMinute: 60) == nil)
    }

    @Test func manyStrangersTakeNoMoreMemoryThanIsGranted() {
        let limiter = RateLimiter(mostBuckets: 10) { 0 }
        var accepted = 0
        for asker in 0..<10_000 where limiter.take("\(asker)", perMinute: 6) == nil { accepted += 1 }
        // Ten have buckets of their own, and all others share one.
        #expect(accepted == 11)
    }
}
