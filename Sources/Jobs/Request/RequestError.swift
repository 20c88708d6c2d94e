/// What is wrong with a request, for whoever sent it.
public struct RequestError: Error, Equatable, Sendable {
    /// The field, as the interface that read it spells it: `controls[0].weight`.
    public var field: String
    /// What was there.
    public var found: String
    /// What would have been right.
    public var expected: String

    /// `field` holds `found` where `expected` was.
    public init(_ field: String, found: String, expected: String) {
        self.field = field
        self.found = found
        self.expected = expected
    }

    /// One line.
    public var message: String { "\(field): \(found) is not \(expected)" }
}
