import Command
import Testing

@Suite struct ProgressLineTests {
    @Test func theLineTellsStepSecondsPerStepAndTimeLeft() {
        var line = ProgressLine(total: 20, imageCount: 1)
        #expect(line.text == "step 0/20")
        for _ in 0..<3 { line.add(.milliseconds(520), image: 0) }
        #expect(line.text == "step 3/20 · 0.52 s/step · 8.8 s left")
    }

    @Test func severalPicturesAreCounted() {
        var line = ProgressLine(total: 4, imageCount: 2)
        for step in 0..<3 { line.add(.seconds(1), image: step / 2) }
        #expect(line.text == "picture 2/2 · step 3/4 · 1.0 s/step · 1.0 s left")
    }

    @Test func theLastStepHasNoTimeLeft() {
        var line = ProgressLine(total: 1, imageCount: 1)
        line.add(.seconds(100), image: 0)
        #expect(line.text == "step 1/1 · 1 min 40 s/step")
    }

    @Test func onlyTheLastTenStepsCountForTheRate() {
        var line = ProgressLine(total: 30, imageCount: 1)
        for _ in 0..<10 { line.add(.seconds(9), image: 0) }
        for _ in 0..<10 { line.add(.seconds(1), image: 0) }
        #expect(line.secondsPerStep == 1)
    }

    @Test(arguments: [1, 20, 40, 80, 200])
    func theBarFitsTheTerminal(width: Int) {
        var line = ProgressLine(total: 20, imageCount: 3)
        for _ in 0..<20 {
            line.add(.seconds(3), image: 1)
            #expect(line.bar(width: width).count < width)
        }
    }

    @Test func theBarIsFullAtTheEndAndEmptyAtTheStart() {
        var line = ProgressLine(total: 2, imageCount: 1)
        #expect(line.bar(width: 80).hasPrefix("[" + String(repeating: "·", count: 30) + "]"))
        line.add(.seconds(1), image: 0)
        line.add(.seconds(1), image: 0)
        #expect(line.bar(width: 80).hasPrefix("[" + String(repeating: "█", count: 30) + "]"))
    }
}
