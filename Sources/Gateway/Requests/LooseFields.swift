import DaguerreJobs

/// The fields of a request as clients of other servers write them: numbers as text, nothing as null, and more of them than
/// mean anything here.
///
/// What nobody has asked for in the end is ``ignored``, for a warning.
struct LooseFields {
    /// What is left to be asked for.
    private var values: [String: JSONValue]
    /// Goes before the names of fields in errors: `controlnet.args[0].`.
    private let prefix: String

    init(_ values: [String: JSONValue], prefix: String = "") {
        self.values = values
        self.prefix = prefix
    }

    /// Fields that nobody has asked for, but for empty ones, in order.
    var ignored: [String] { values.filter { $0.value != .null }.keys.map { prefix + $0 }.sorted() }

    /// Whether there is a field of that name that is not null.
    func has(_ name: String) -> Bool { values[name].map { $0 != .null } ?? false }

    /// Takes fields that have no meaning here whatever they hold.
    mutating func drop(_ names: String...) { drop(names: names) }

    /// Takes all that is left.
    mutating func dropAll() { values = [:] }

    /// Takes the fields called so.
    mutating func drop(names: [String]) {
        for name in names { values[name] = nil }
    }

    /// Gives `value` back to be taken by another, or to be warned about.
    mutating func restore(_ name: String, _ value: JSONValue) { values[name] = value }

    /// Gives the field a value unless it has one.
    mutating func fill(_ name: String, with value: JSONValue) {
        if !has(name) { values[name] = value }
    }

    /// Takes the value of the first of `names` that is there and not null.
    mutating func value(_ names: String...) -> JSONValue? {
        var found: JSONValue?
        for name in names {
            let value = values.removeValue(forKey: name)
            if found == nil, let value, value != .null { found = value }
        }
        return found
    }

    /// Takes a text.
    mutating func text(_ name: String) throws(RequestError) -> String? {
        switch value(name) {
        case nil: nil
        case .text(let text)?: text
        case .integer(let number)?: "\(number)"
        case .number(let number)?: "\(number)"
        case let other?: throw wrong(name, other, "a text")
        }
    }

    /// Takes a whole number; one written as text or with a fraction of nothing is one, too.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestError) -> Int? {
        guard let value = value(name) else { return nil }
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let integer = value.wholeNumber.flatMap({ Int(exactly: $0) }), range.contains(integer) else {
            throw wrong(name, value, expected)
        }
        return integer
    }

    /// Takes a seed: nil for a negative number, which asks for a random one.
    mutating func seed(_ name: String) throws(RequestError) -> UInt64? {
        switch value(name) {
        case nil: return nil
        case .unsigned(let seed)?: return seed
        case .text(let text)? where UInt64(text) != nil: return UInt64(text)
        case let other?:
            guard let number = other.wholeNumber else { throw wrong(name, other, "a whole number, or -1 for any") }
            return UInt64(exactly: number)
        }
    }

    /// Takes a finite number.
    mutating func number(_ name: String, in range: ClosedRange<Double>) throws(RequestError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.finiteNumber, range.contains(number) else {
            throw wrong(name, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Takes a flag; 0 and 1, and the words as text, are flags, too.
    mutating func flag(_ name: String) throws(RequestError) -> Bool? {
        guard let value = value(name) else { return nil }
        switch value {
        case .flag(let flag): return flag
        case .integer(0), .number(0): return false
        case .integer(1), .number(1): return true
        case .text(let text):
            switch text.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off", "": return false
            default: break
            }
        default: break
        }
        throw wrong(name, value, "true or false")
    }

    /// Takes a list.
    mutating func list(_ name: String) throws(RequestError) -> [JSONValue]? {
        switch value(name) {
        case nil: nil
        case .list(let list)?: list
        case let other?: throw wrong(name, other, "a list")
        }
    }

    /// Takes an object.
    mutating func object(_ name: String) throws(RequestError) -> [String: JSONValue]? {
        switch value(name) {
        case nil: nil
        case .object(let object)?: object
        // A client in PHP or Lua writes an empty object as an empty list.
        case .list(let list)? where list.isEmpty: [:]
        case let other?: throw wrong(name, other, "an object")
        }
    }

    /// That the field `name` holds `value` where `expected` was.
    func wrong(_ name: String, _ value: JSONValue, _ expected: String) -> RequestError {
        RequestError(prefix + name, found: value.outline, expected: expected)
    }
}

extension JSONValue {
    /// The whole number that it is or spells.
    fileprivate var wholeNumber: Int64? {
        switch self {
        case .integer(let integer): integer
        case .number(let number): Int64(exactly: number)
        case .text(let text): Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
        default: nil
        }
    }

    /// The finite number that it is or spells.
    fileprivate var finiteNumber: Double? {
        let number: Double? =
            switch self {
            case .integer(let integer): Double(integer)
            case .unsigned(let unsigned): Double(unsigned)
            case .number(let number): number
            case .text(let text): Double(text)
            default: nil
            }
        return number.flatMap { $0.isFinite ? $0 : nil }
    }
}
