import HTTPTypes

/// Tells clients of fields that were ignored, in headers of the answer.
enum IgnoredFields {
    private static let longest = 1024

    /// `X-Daguerre-Ignored` with the names, and a `Warning`; none where nothing was ignored.
    ///
    /// Names come from the client: what no field's name holds is left out of them.
    static func headers(_ names: [String]) -> HTTPFields {
        let clean = Set(names).sorted().map { name in
            name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.[]".contains($0)) }
        }
        let text = String(clean.filter { !$0.isEmpty }.joined(separator: ", ").prefix(longest))
        guard !text.isEmpty else { return [:] }
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("X-Daguerre-Ignored") { headers[name] = text }
        if let name = HTTPField.Name("Warning") { headers[name] = "299 - \"ignored: \(text)\"" }
        return headers
    }
}
