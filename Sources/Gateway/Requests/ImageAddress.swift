import DaguerreJobs

/// The address of a picture elsewhere, read so strictly that no two readers can take it for two hosts: `https`, a host by
/// its name, the usual port, and nothing before the host.
struct ImageAddress: Equatable, Sendable {
    /// The host's name in lower case: letters, digits and hyphens between dots, the last label not a number.
    let host: String
    /// Path and query, with the slash that begins them.
    let path: String

    /// The whole address.
    var text: String { "https://" + host + path }

    /// Reads `text`.
    ///
    /// - Throws: ``DaguerreJobs/RequestError`` for every other scheme, for an address in place of a name in any notation,
    ///   for user information, for a port other than 443, and for characters that have to be escaped.
    init(_ text: String, field: String) throws(RequestError) {
        func wrong(_ expected: String) -> RequestError {
            RequestError(field, found: "\"\(text.prefix(80))\"", expected: expected)
        }
        guard text.utf8.count <= 2048,
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\\\"<>^`{|}".utf8.contains($0) })
        else { throw wrong("an address of at most 2048 characters of ASCII, the others escaped") }
        guard text.lowercased().hasPrefix("https://") else { throw wrong("an address that begins with https://") }
        let rest = text.dropFirst("https://".count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var authority = rest[..<end].lowercased()
        if authority.hasSuffix(":443") { authority.removeLast(4) }
        let labels = authority.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            authority.utf8.count <= 253 && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { Self.isOfLabel($0) }
            }
        // As WHATWG's URLs have it, a host whose last label is a number, hexadecimal included, is an IPv4 address.
        let last = labels.last ?? ""
        let isNumber = last.allSatisfy(\.isNumber) || last.hasPrefix("0x")
        guard isName, !isNumber else { throw wrong("a host by its name, without user, port or address") }
        host = authority
        let tail = rest[end...].prefix { $0 != "#" }
        path = tail.first == "/" ? String(tail) : "/" + tail
    }

    private static func isOfLabel(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    /// Where a redirect from here to `location` leads: another address, or another path of the same host.
    func redirected(to location: String, field: String) throws(RequestError) -> ImageAddress {
        let isPath = location.hasPrefix("/") && !location.hasPrefix("//")
        return try ImageAddress(isPath ? "https://" + host + location : location, field: field)
    }
}
