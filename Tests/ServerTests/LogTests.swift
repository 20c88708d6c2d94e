import DaguerreServer
import Foundation
import Logging
import Synchronization
import Testing

/// The lines that `body` logs.
private func lines(isJSON: Bool, showsPrompts: Bool = false, _ body: (Logger) -> Void) -> [String] {
    let written = Lines()
    body(
        Logger(label: "test") { label in
            LineLogHandler(label: label, level: .info, isJSON: isJSON, showsPrompts: showsPrompts, write: written.add)
        })
    return written.all
}

private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct LogTests {
    @Test func aLineIsOneJSONObjectWhateverIsLogged() throws {
        let hostile = "a \"quote\"\\\n\r\t\u{0}\u{1b}[31m\u{9b}\u{2028}é🍎"
        let written = lines(isJSON: true) { logger in
            logger.info(
                "\(hostile)",
                metadata: [
                    "text": "\(hostile)", "level": "forged", "count": "\(3)", "number": .stringConvertible(3),
                    "nested": ["a": .array(["b", .stringConvertible(true)])],
                ])
            logger.debug("below the level")
        }
        #expect(written.count == 1)
        let line = try #require(written.first)
        #expect(line.hasSuffix("}\n") && !line.dropLast().contains { $0.isNewline && $0 != "\u{2028}" })
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == hostile)
        #expect(object["text"] as? String == hostile)
        #expect(object["level"] as? String == "info" && object["level_"] as? String == "forged")
        #expect(object["number"] as? Int == 3 && object["count"] as? String == "3")
        #expect((object["nested"] as? [String: [Any]])?["a"]?.last as? Bool == true)
        let time = try #require(object["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/) != nil, "\(time)")
    }

    @Test func textCannotForgeALine() {
        let written = lines(isJSON: false) { $0.warning("first\nsecond", metadata: ["k": "v\r\u{1b}[2Jw"]) }
        #expect(written.count == 1)
        #expect(written.first?.hasSuffix("warning  first second k=v  [2Jw\n") == true, "\(written)")
    }

    @Test func promptsAreWithheldUnlessAskedFor() {
        let metadata: Logger.Metadata = ["prompt": "a secret apple", "negative_prompt": "a secret pear"]
        for isJSON in [true, false] {
            let withheld = lines(isJSON: isJSON) { $0.info("drawn", metadata: metadata) }
            #expect(withheld.joined().contains("(withheld)") && !withheld.joined().contains("secret"))
            let shown = lines(isJSON: isJSON, showsPrompts: true) { $0.info("drawn", metadata: metadata) }
            #expect(shown.joined().contains("a secret apple") && shown.joined().contains("a secret pear"))
        }
    }
}
