/// A setting that a configuration gives once for all blocks or as a list, one for each.
public enum PerBlock<Value: Decodable & Equatable & Sendable>: Decodable, Equatable, Sendable {
    case same(Value)
    case each([Value])

    /// Reads one value or a list of them.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Value.self) {
            self = .same(value)
        } else {
            self = .each(try container.decode([Value].self))
        }
    }

    /// One value for each of `count` blocks; `nil` if the list has another length.
    func expanded(_ count: Int) -> [Value]? {
        switch self {
        case .same(let value): Array(repeating: value, count: count)
        case .each(let values): values.count == count ? values : nil
        }
    }
}
