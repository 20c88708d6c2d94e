import DaguerreJobs

/// How many values a text of JSON holds and how deep they lie: both are looked at before any of it is decoded, since a value
/// that takes two bytes in a body takes a hundred times as many in memory.
enum JSONExtent {
    /// Values in all; the largest requests of clients have some hundreds.
    static let mostValues = 10_000
    /// Lists and objects within each other.
    static let mostDepth = 64

    /// Refuses what is too much; what is no JSON at all is left to the decoder.
    ///
    /// - Throws: ``DaguerreJobs/RequestError``, also for a byte of 0: UTF-16 and UTF-32, which decoders know by them, would be
    ///   counted wrongly, and no JSON in UTF-8 holds one.
    static func check(_ text: [UInt8]) throws(RequestError) {
        // Between two values is a comma, or the beginning of what holds the second.
        var values = 1, depth = 0, isInText = false, isEscaped = false
        for byte in text {
            guard byte != 0 else {
                throw RequestError("the body", found: "text with a byte of 0", expected: "JSON in UTF-8")
            }
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: ","): values += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                (values, depth) = (values + 1, depth + 1)
                guard depth <= mostDepth else {
                    throw RequestError(
                        "the body", found: "lists and objects that lie deeper",
                        expected: "at most \(mostDepth) within each other")
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            guard values <= mostValues else {
                throw RequestError(
                    "the body", found: "more than \(mostValues) values", expected: "at most so many in all")
            }
        }
    }
}
