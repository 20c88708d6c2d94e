import DaguerreCPU
import Testing

@Suite struct BoundedCacheTests {
    @Test func makesEachValueOnceWhileItIsInUse() throws {
        var cache = BoundedCache<Int, Int>(capacity: 4)
        var made: [Int] = []
        func ask(_ key: Int) -> Int {
            cache.value(for: key) {
                made.append(key)
                return 10 * key
            }
        }
        for round in 0..<50 {
            #expect(ask(0) == 0 && ask(1) == 10)
            #expect(ask(100 + round) == 1000 + 10 * round)
            #expect(cache.count <= 8)
        }
        #expect(made.filter { $0 < 100 } == [0, 1])
    }

    @Test func forgetsWhatIsNoLongerAskedFor() {
        var cache = BoundedCache<Int, Int>(capacity: 4)
        var made = 0
        for key in Array(0..<20) + [0] {
            _ = cache.value(for: key) {
                made += 1
                return key
            }
        }
        #expect(made == 21 && cache.count <= 8)
    }

    @Test func aValueThatCannotBeMadeIsNotHeld() {
        struct Failure: Error {}
        var cache = BoundedCache<Int, Int>(capacity: 4)
        #expect(throws: Failure.self) { try cache.value(for: 1) { () throws(Failure) in throw Failure() } }
        #expect(cache.count == 0)
        #expect(cache.value(for: 1) { 7 } == 7)
    }
}
