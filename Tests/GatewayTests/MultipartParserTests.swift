import DaguerreGateway
import DaguerreJobs
import Testing

@Suite struct MultipartParserTests {
    private static let type = "multipart/form-data; boundary=\"a'b\""
    private static let body = Array(
        """
        --a'b\r
        Content-Disposition: form-data; name="prompt"\r
        \r
        a red\r
        --a apple\r
        --a'b\r
        content-disposition: form-data; name="image[]"; filename="an \\"old\\" %22one%22.png"\r
        Content-Type: image/png\r
        \r
        \u{89}PNG\r\n\r\n--\r
        --a'b--\r

        """.utf8)

    private func form(
        _ body: [UInt8], chunk: Int = 1 << 20, type: String = type, limits: MultipartForm.Limits = .init()
    ) throws(RequestError) -> MultipartForm {
        var parser = try MultipartParser(contentType: type, limits: limits)
        var rest = body[...]
        while !rest.isEmpty {
            try parser.feed(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        return try parser.finish()
    }

    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func partsAreTheSameInWhateverPiecesTheyArrive(chunk: Int) throws {
        let form = try form(Self.body, chunk: chunk)
        #expect(form.parts.map(\.name) == ["prompt", "image[]"])
        #expect(form.parts.map(\.fileName) == [nil, "an \"old\" \"one\".png"])
        #expect(form.parts.map(\.bytes) == [Array("a red\r\n--a apple".utf8), Array("\u{89}PNG\r\n\r\n--".utf8)])
    }

    @Test func aFormCutAnywhereIsRefused() {
        // The line's end behind the last boundary may be missing.
        for count in 0..<Self.body.count - 2 {
            for chunk in [1, 1000] {
                #expect(throws: RequestError.self, "\(count) bytes") {
                    try form(Array(Self.body[..<count]), chunk: chunk)
                }
            }
        }
        for count in [Self.body.count - 2, Self.body.count] {
            #expect(throws: Never.self) { try form(Array(Self.body[..<count])) }
        }
    }

    @Test(arguments: [
        "", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/mixed; boundary=a", "multipart/form-data; boundary=\"a", "multipart/form-data; boundary=a\u{e9}",
        "multipart/form-data; boundary=a;boundary=b", "multipart/form-data; boundary=\"a \"", "text/plain; boundary=a",
        "multipart/form-data; boundary=a\r\nb", "multipart/form-data; boundary=[a]", "multipart/form-data; boundary",
        "multipart/form-data; boundary=" + String(repeating: "a", count: 71),
    ])
    func aTypeWithoutAUsableBoundaryIsRefused(type: String) {
        #expect(throws: RequestError.self) { try form(Self.body, type: type) }
    }

    @Test(arguments: [
        ("preamble\r\n--b--", "without its boundary"), ("--c\r\n", "without its boundary"), ("--b", "cut off"),
        ("--b \r\n", "behind a boundary"), ("--bb\r\n", "behind a boundary"), ("--b\n", "cut off"),
        ("--b--tail", "behind its last boundary"), ("--b--\r\n\r\n", "behind its last boundary"),
        ("--b\r\n\r\n\r\nx\r\n--b--", "none"),
        ("--b\r\nno colon\r\n\r\nx\r\n--b--", "none"),
        ("--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--", "no disposition"),
        ("--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--b--", "no name"),
        ("--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "no name"),
        ("--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--b--", "no name"),
        ("--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--", "Content-Disposition"),
        ("--b\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n--b--", "Content-Disposition"),
        (
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--b--",
            "two dispositions"
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--",
            "transfer encoding"
        ),
        ("--b\r\nContent-Disposition: form-data; name=\"a\u{0}b\"\r\n\r\nx\r\n--b--", "none"),
    ])
    func whatIsMalformedIsNamed(body: String, reason: String) {
        let error = #expect(throws: RequestError.self) {
            try form(Array(body.utf8), type: "multipart/form-data; boundary=b")
        }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func everyLimitHolds() {
        func limits(_ change: (inout MultipartForm.Limits) -> Void) -> MultipartForm.Limits {
            var limits = MultipartForm.Limits()
            change(&limits)
            return limits
        }
        for limits in [
            limits { $0.parts = 1 }, limits { $0.headerBytes = 40 }, limits { $0.fieldBytes = 15 },
            limits { $0.fileBytes = 10 }, limits { $0.totalBytes = Self.body.count - 1 },
        ] {
            for chunk in [1, 1000] {
                #expect(throws: RequestError.self, "\(limits)") { try form(Self.body, chunk: chunk, limits: limits) }
            }
        }
        let enough = limits {
            ($0.parts, $0.fieldBytes, $0.fileBytes, $0.totalBytes) = (2, 16, 11, Self.body.count)
        }
        #expect(throws: Never.self) { try form(Self.body, limits: enough) }
    }

    @Test func headersThatNeverEndAreRefusedBeforeTheyAreKept() throws {
        var parser = try MultipartParser(contentType: "multipart/form-data; boundary=b")
        try parser.feed(Array("--b\r\n".utf8))
        let error = #expect(throws: RequestError.self) {
            for _ in 0..<10_000 { try parser.feed(Array("x: yyyyyyyy\r\n".utf8)) }
        }
        #expect(error?.message.contains("4096") == true)
    }

    /// Changes, cuts and repeats of a body, by a fixed seed: each is read or refused, and in pieces as in one.
    @Test func whateverArrivesIsReadOrRefused() {
        var random = SplitMix(state: 7)
        var read = 0
        for _ in 0..<20_000 {
            var body = Self.body
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let i = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[i] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: i)
                case 2: body.insert(contentsOf: body[i..<min(i + 9, body.count)], at: i)
                default:
                    body.insert(
                        contentsOf: Array("\r\n--a'b".utf8.prefix(Int.random(in: 1...7, using: &random))), at: i)
                }
            }
            let whole = Result { try form(body) }
            let pieces = Result { try form(body, chunk: Int.random(in: 1...5, using: &random)) }
            switch (whole, pieces) {
            case (.success(let a), .success(let b)):
                read += 1
                #expect(a == b)
            case (.failure, .failure): break
            default: Issue.record("read in one piece or in several only: \(body)")
            }
        }
        #expect(read > 500, "most changes lie in what the form holds")
    }
}

/// The generator of Steele et al., "Fast splittable pseudorandom number generators": the same numbers each time.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
