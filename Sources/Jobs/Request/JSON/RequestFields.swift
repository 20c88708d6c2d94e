/// Reads the fields of one object of a request.
///
/// A field that is absent or null keeps its default; what is no field is noted in ``UnknownFields``; an error names the field
/// by its full path, and says what it found there.
public struct RequestFields<Key: CodingKey> {
    private let container: KeyedDecodingContainer<Key>

    /// The object that `decoder` is at.
    ///
    /// - Throws: ``RequestError`` if it is none.
    public init(_ decoder: any Decoder, keyedBy key: Key.Type = Key.self) throws {
        do {
            container = try decoder.container(keyedBy: key)
        } catch let error as DecodingError {
            let found = (try? decoder.singleValueContainer()).map(describe) ?? "what is there"
            guard case .typeMismatch = error else { throw error }
            throw RequestError(fieldPath(decoder.codingPath), found: found, expected: "an object")
        }
        guard let infoKey = UnknownFields.userInfoKey, let unknown = decoder.userInfo[infoKey] as? UnknownFields else {
            return
        }
        for name in try decoder.container(keyedBy: AnyName.self).allKeys where Key(stringValue: name.stringValue) == nil
        {
            unknown.add(fieldPath(decoder.codingPath + [name]))
        }
    }

    /// The value of a field that must be there.
    public func required<Value: Decodable>(_ key: Key) throws -> Value {
        guard let value: Value = try value(key) else {
            throw RequestError(
                fieldPath(container.codingPath + [key]), found: nil, expected: expectation(of: Value.self))
        }
        return value
    }

    /// The elements of a list that must be there.
    public func required<Element: Decodable>(_ key: Key, atMost most: Int) throws -> [Element] {
        guard let list: [Element] = try list(key, atMost: most) else {
            throw RequestError(fieldPath(container.codingPath + [key]), found: nil, expected: "a list")
        }
        return list
    }

    /// Sets `value` if the field is there.
    public func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        if let given: Value = try self.value(key) { value = given }
    }

    /// Sets `value` if the field is there.
    public func read<Value: Decodable>(_ key: Key, into value: inout Value?) throws {
        if let given: Value = try self.value(key) { value = given }
    }

    /// Sets `value` if the field is there, unless it has more than `most` elements.
    public func read<Element: Decodable>(_ key: Key, into value: inout [Element], atMost most: Int) throws {
        if let given: [Element] = try list(key, atMost: most) { value = given }
    }

    private func value<Value: Decodable>(_ key: Key) throws -> Value? {
        do {
            return try container.decodeIfPresent(Value.self, forKey: key)
        } catch let error as RequestError {
            throw error
        } catch {  // Numbers out of range are no `DecodingError` yet.
            throw RequestError(
                fieldPath(container.codingPath + [key]), found: found(key), expected: expectation(of: Value.self))
        }
    }

    private func list<Element: Decodable>(_ key: Key, atMost most: Int) throws -> [Element]? {
        guard container.contains(key), try !container.decodeNil(forKey: key) else { return nil }
        var elements: any UnkeyedDecodingContainer
        do {
            elements = try container.nestedUnkeyedContainer(forKey: key)
        } catch is DecodingError {
            throw RequestError(fieldPath(container.codingPath + [key]), found: found(key), expected: "a list")
        }
        var list: [Element] = []
        while !elements.isAtEnd {
            guard list.count < most else {
                throw RequestError(
                    fieldPath(container.codingPath + [key]), found: "a list of more", expected: "at most \(most) long")
            }
            let path = fieldPath(elements.codingPath) + "[\(list.count)]"
            do {
                list.append(try elements.decode(Element.self))
            } catch let error as RequestError {
                throw error
            } catch {
                let found = (try? elements.superDecoder().singleValueContainer()).map(describe) ?? "what is there"
                throw RequestError(path, found: found, expected: expectation(of: Element.self))
            }
        }
        return list
    }

    private func found(_ key: Key) -> String {
        (try? container.superDecoder(forKey: key).singleValueContainer()).map(describe) ?? "what is there"
    }
}

/// Any name of a field.
private struct AnyName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// What a value of JSON is, in a few words: why each reading fails does not matter here, since one of them is to succeed.
private func describe(_ value: any SingleValueDecodingContainer) -> String {
    if value.decodeNil() { return "null" }
    if let text = try? value.decode(String.self) { return quoted(text) }
    if let truth = try? value.decode(Bool.self) { return "\(truth)" }
    if let number = try? value.decode(UInt64.self) { return "\(number)" }
    if let number = try? value.decode(Double.self) { return number == number.rounded() ? plain(number) : "\(number)" }
    if (try? value.decode([Ignored].self)) != nil { return "a list" }
    if (try? value.decode([String: Ignored].self)) != nil { return "an object" }
    return "a number out of range, or text that is no UTF-8,"
}

private func plain(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

/// Text of a request as an error shows it: one line of at most forty characters.
func quoted(_ text: String) -> String {
    let line = String(String.UnicodeScalarView(text.unicodeScalars.prefix(41).map { $0.value < 32 ? " " : $0 }))
    return "\"" + (line.unicodeScalars.count > 40 ? line.prefix(40) + "…" : line) + "\""
}

/// Any value at all.
private struct Ignored: Decodable {
    init(from decoder: any Decoder) {}
}
