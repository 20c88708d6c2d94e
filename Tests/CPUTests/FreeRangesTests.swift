import DaguerreCPU
import Testing

@Suite struct FreeRangesTests {
    @Test func aBlockGoesWhereItFitsBest() throws {
        var ranges = FreeRanges(1024)
        let blocks = [64, 256, 64, 128, 64].compactMap { ranges.take($0) }
        #expect(blocks == [0, 64, 320, 384, 512])
        ranges.put(64..<320)
        ranges.put(384..<512)
        #expect(ranges.take(128) == 384, "the hole of its own size, not the larger one before it")
        #expect(ranges.take(128) == 64)
        #expect(ranges.take(192) == 576, "no hole holds it")
    }

    @Test func freeNeighboursBecomeOneInEveryOrder() {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3], [1, 3, 0, 2]] {
            var ranges = FreeRanges(400)
            for _ in 0..<4 { #expect(ranges.take(100) != nil) }
            #expect(ranges.take(1) == nil)
            for index in order { ranges.put(index * 100..<index * 100 + 100) }
            #expect(ranges.take(400) == 0)
        }
    }

    @Test func onlyWhatWasGivenOutHasPagesToReturn() {
        var ranges = FreeRanges(1000)
        #expect(ranges.touched.isEmpty)
        #expect(ranges.take(300) == 0)
        #expect(ranges.take(100) == 300)
        ranges.put(0..<300)
        #expect(ranges.touched == [0..<300])
        ranges.put(300..<400)
        #expect(ranges.touched == [0..<400])
        ranges.forgetTouched()
        #expect(ranges.touched.isEmpty)
    }
}
