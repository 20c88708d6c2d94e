import Command
import Testing

@Suite struct TextLayoutTests {
    @Test(arguments: [
        (0.0004, "0.000 s"), (0.0123, "0.012 s"), (0.0999, "0.10 s"), (0.52, "0.52 s"), (8.84, "8.8 s"),
        (9.99, "10 s"), (99.7, "1 min 40 s"), (725, "12 min 5 s"), (3599.7, "1 h 0 min"), (12_000, "3 h 20 min"),
        (.infinity, "ages"),
    ])
    func secondsAreShort(seconds: Double, text: String) {
        #expect(brief(seconds) == text)
    }

    @Test(arguments: [(512, "512 B"), (20_098_741, "20.1 MB"), (2_132_000_000, "2.13 GB"), (1_000, "1.0 kB")])
    func bytesAreShort(count: Int, text: String) {
        #expect(briefBytes(count) == text)
    }

    @Test(arguments: [(512, "512"), (34_260, "34.3 k"), (859_520_964, "859.5 M"), (2_567_463_684, "2.57 G")])
    func countsAreShort(count: Int, text: String) {
        #expect(briefCount(count) == text)
    }

    @Test func numbersKeepTheirDigits() {
        #expect(fixed(1.005, 1) == "1.0")
        #expect(fixed(-0.25, 2) == "-0.25")
        #expect(fixed(7.06, 2) == "7.06")
        #expect(fixed(.nan, 2) == "nan")
        #expect(fixed(1e300, 0) == "1e+300")
    }

    @Test func valuesOfATableStandUnderOneAnother() {
        #expect(table([("a", "1"), ("long", "2")]) == "a     1\nlong  2\n")
        #expect(table([]) == "")
    }

    @Test func linesAreWrappedAtWords() {
        #expect(wrapped("one two three", indent: 2, width: 9) == "  one two\n  three\n")
        #expect(wrapped("incomprehensibly long", indent: 0, width: 5) == "incomprehensibly\nlong\n")
        #expect(wrapped("", indent: 2, width: 9) == "")
    }

    @Test func aMessageIsPutOnOneLine() {
        #expect(singleLine("first\n  second\r\nthird") == "first second third")
    }

    @Test func whatAFileSaysCannotSteerTheTerminal() {
        let text = "a\u{1b}[31m\tb\u{202e}c é 日本 🍎"
        let fit = "a\u{fffd}[31m b\u{fffd}c é 日本 🍎"
        #expect(printable(text) == fit)
        #expect(singleLine(text) == fit)
        #expect(table([("name", text)]) == "name  \(fit)\n")
        #expect(wrapped("a\u{9b}b", indent: 0, width: 9) == "a\u{fffd}b\n")
    }
}
