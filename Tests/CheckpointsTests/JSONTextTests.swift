import DaguerreCheckpoints
import Testing

@Suite struct JSONTextTests {
    private func parse(_ text: String, depth: Int = 32) throws(JSONProblem) -> JSONValue {
        try JSONText.parse(Array(text.utf8), maximumDepth: depth)
    }

    @Test func valuesAreToldApart() throws {
        let text =
            " { \"a\" : [ 1 , -2 , 3.5 , 1e2 , -0 , 99999999999999999999 ] , \"b\" : { } , \"c\" : [ ] , \"d\" : [ true , false , null ] } "
        let value = try parse(text)
        #expect(
            value["a"]
                == .array([
                    .integer(1), .integer(-2), .number("3.5"), .number("1e2"), .number("-0"),
                    .number("99999999999999999999"),
                ]))
        #expect(value["b"] == .object([]) && value["c"] == .array([]))
        #expect(value["d"] == .array([.bool(true), .bool(false), .null]) && value["e"] == nil)
    }

    @Test func escapesAreResolved() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9\ud83c\udf4e é""#) == .string("\"\\/\u{8}\u{c}\n\r\té🍎 é"))
    }

    @Test(arguments: [
        "", " ", "{", "[", "\"", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}",
        "[,]", "[1,]", "01", "1.", ".5",
        "-", "+1", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "nul", "truex", "1 2", "{}{}", "'a'", "\"\\x\"",
        "\"\\u12g4\"", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\u{1}\"", "\"a\nb\"", "/**/1", "[1]]", "\u{feff}{}",
    ])
    func textThatIsNotJSONIsRefused(text: String) {
        do {
            _ = try parse(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.kind == .syntax)
        }
    }

    @Test func namesThatAppearTwiceAreSeen() {
        #expect(throws: JSONProblem(kind: .duplicate, found: "a")) { try parse("{\"a\":1,\"b\":2,\"\\u0061\":3}") }
    }

    @Test func depthIsBounded() throws {
        #expect(try parse("[[1]]", depth: 2) == .array([.array([.integer(1)])]))
        for text in ["[[[1]]]", String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 100_000)]
        {
            do {
                _ = try parse(text, depth: 2)
                Issue.record("accepted")
            } catch {
                #expect(error.kind == .depth)
            }
        }
    }
}
