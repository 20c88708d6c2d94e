public import FoundationEssentials

/// Reads the JSON text of requests, and says what is wrong with it in a request's own words.
public enum RequestJSON {
    /// Reads a value from `text`.
    ///
    /// - Parameter unknown: collects fields that `Value` does not have, if it reads itself by ``RequestFields``.
    /// - Throws: ``RequestError`` naming the field by its full path.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from text: Data, noting unknown: UnknownFields? = nil
    ) throws(RequestError) -> Value {
        let decoder = JSONDecoder()
        if let unknown, let key = UnknownFields.userInfoKey { decoder.userInfo[key] = unknown }
        do {
            return try decoder.decode(type, from: text)
        } catch let error as RequestError {
            // What is missing may be there under a mistyped name.
            if error.found == nil { try unknown?.refuse() }
            throw error
        } catch let error as DecodingError {
            throw RequestError(error)
        } catch {
            throw RequestError("body", found: "what was sent", expected: "JSON")
        }
    }

    /// Reads a value from `text`, as ``decode(_:from:noting:)-(_,Data,_)`` does.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from text: [UInt8], noting unknown: UnknownFields? = nil
    ) throws(RequestError) -> Value {
        try decode(type, from: Data(text), noting: unknown)
    }
}

extension RequestError {
    /// What a decoder found wrong.
    public init(_ error: DecodingError) {
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(fieldPath(context.codingPath), found: "what is there", expected: expectation(of: type))
        case .keyNotFound(let key, let context):
            self.init(fieldPath(context.codingPath + [key]), found: nil, expected: "a value, which it needs")
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            self.init(fieldPath(context.codingPath), found: "what is there", expected: "what can be read")
        default:
            self.init(
                "body", found: "what was sent", expected: "JSON, nested at most 512 deep, of numbers within range")
        }
    }
}

/// How a request spells the place of a field: `controls[0].weight`; `body` for the whole.
func fieldPath(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
        if let index = key.intValue {
            text += "[\(index)]"
        } else {
            text += (text.isEmpty ? "" : ".") + key.stringValue.prefix(64)
        }
    }
    return text.isEmpty ? "body" : text
}

/// What a field of that type is to hold, in words.
func expectation(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "text"
    case is Bool.Type: "true or false"
    case is Int.Type: "a whole number"
    case is UInt64.Type: "a whole number from 0 to \(UInt64.max)"
    case is Double.Type: "a number"
    case is BlobDigest.Type: "the digest of an upload, which is 64 lowercase hexadecimal digits"
    case let choices as any CaseIterable.Type: "one of " + choiceNames(choices)
    default: "an object"
    }
}

private func choiceNames(_ type: (some CaseIterable).Type) -> String {
    type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }.joined(separator: ", ")
}
