import DaguerreJobs

extension JobTrace {
    /// As a request's headers `X-Request-ID` and `traceparent` have it; what is not of its form is as if it were not there.
    init(requestID: String?, traceParent: String?) {
        let parent = traceParent.flatMap(TraceParent.init)
        self.init(
            requestID: requestID.flatMap(Self.readable) ?? Self.newID(), traceID: parent?.traceID,
            parentID: parent?.parentID)
    }

    /// What a client calls its request, if a log can show it.
    private static func readable(_ id: String) -> String? {
        let isReadable = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isReadable && (1...64).contains(id.utf8.count) ? id : nil
    }

    private static func newID() -> String { String(UInt64.random(in: .max / 16 ... .max), radix: 16) }
}

/// Where a request belongs in a trace.
///
/// Source: W3C Trace Context, section 3.2, version 00.
struct TraceParent: Equatable, Sendable {
    /// 32 and 16 lowercase hexadecimal digits, not all of them zero.
    let traceID, parentID: String

    /// Reads the header; nil where it is not of its form, and then it is as if it were not there.
    init?(_ header: String) {
        let parts = header.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard header.utf8.count >= 55, parts.count >= 4, parts[0].count == 2, parts[1].count == 32,
            parts[2].count == 16,
            parts[3].count == 2, !parts[0].elementsEqual("ff".utf8),
            parts.prefix(4).allSatisfy({ $0.allSatisfy(Self.isDigit) }),
            !parts[0].elementsEqual("00".utf8) || parts.count == 4 && header.utf8.count == 55,
            parts[1].contains(where: { $0 != UInt8(ascii: "0") }), parts[2].contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        traceID = String(decoding: parts[1], as: UTF8.self)
        parentID = String(decoding: parts[2], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
