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

    /// However many are remembered: one who has paused gives way within a few strangers' asking, and those who have not are
    /// held to what they have spent.
    @Test(arguments: [1, 10, 1000]) func whoHasPausedGivesWayToAStranger(_ count: Int) {
        let clock = Clock()
        let limiter = RateLimiter(mostBuckets: count) { clock.seconds.withLock { $0 } }
        func accepted(_ askers: [String]) -> Int {
            askers.count { limiter.take($0, perMinute: 6) == nil }
        }
        let askers = (0..<count).map { "asker \($0)" }
        #expect(accepted(askers) == count)
        // Nobody has paused: all strangers share one turn.
        #expect(accepted((0..<100).map { "stranger \($0)" }) == 1)
        // A turn comes back after ten seconds, which all but one take.
        clock.move(10.5)
        let busy = Array(askers.dropFirst())
        #expect(accepted(busy) == busy.count)
        // One turn of the shared bucket, and the place of the one who has paused.
        #expect(accepted((0..<100).map { "late \($0)" }) == 2)
        #expect(accepted(busy) == 0)
        clock.move(10.5)
        #expect(accepted(busy) == busy.count)
    }
}
