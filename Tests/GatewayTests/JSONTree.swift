import FoundationEssentials

/// Any JSON.
enum JSONTree: Decodable, Equatable {
    case null, bool(Bool), number(Double), text(String), list([JSONTree]), object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    subscript(_ name: String) -> JSONTree? { if case .object(let fields) = self { fields[name] } else { nil } }

    subscript(_ index: Int) -> JSONTree? {
        if case .list(let list) = self, list.indices.contains(index) { list[index] } else { nil }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }

    var number: Double? { if case .number(let number) = self { number } else { nil } }

    var list: [JSONTree]? { if case .list(let list) = self { list } else { nil } }

    var object: [String: JSONTree]? { if case .object(let object) = self { object } else { nil } }
}

extension JSONTree {
    /// Reads `bytes`.
    init(bytes: [UInt8]) throws { self = try JSONDecoder().decode(JSONTree.self, from: Data(bytes)) }
}
