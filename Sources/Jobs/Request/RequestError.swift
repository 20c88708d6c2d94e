/// What is wrong with a request, for whoever sent it.
public struct RequestError: Error, Equatable, Sendable {
    /// The field, as the interface that read it spells it: `controls[0].weight`.
    public var field: String
    /// What was there; nil where the field is missing.
    public var found: String?
    /// What would have been right.
    public var expected: String

    /// `field` holds `found`, or is missing where that is nil, and `expected` was wanted.
    public init(_ field: String, found: String?, expected: String) {
        self.field = onOneLine(field)
        self.found = found.map(onOneLine)
        self.expected = expected
    }

    /// One line.
    public var message: String {
        found.map { "\(field): \($0) is not \(expected)" } ?? "\(field) is missing; expected \(expected)"
    }
}

/// What a client sent, fit to be shown in a line: short, and without characters that would end the line or act on a terminal.
private func onOneLine(_ text: String) -> String {
    let most = 300
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(most) {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: line.append("\u{FFFD}")
        default: line.append(scalar)
        }
    }
    return String(line) + (text.unicodeScalars.dropFirst(most).isEmpty ? "" : "…")
}
