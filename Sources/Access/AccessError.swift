/// What is wrong with keys.
public enum AccessError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The file of the server's secret cannot be used.
    case pepper(String)
    /// A key cannot be called so.
    case name(String)
    /// A limit is out of range.
    case limit(String, found: String, expected: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .pepper(let reason): "the data folder's key.pepper cannot be used: \(reason)"
        case .name(let name): "a key cannot be called \"\(name)\"; a name has 1 to 64 printable characters"
        case .limit(let field, let found, let expected): "\(field): \(found) is not \(expected)"
        }
    }
}
