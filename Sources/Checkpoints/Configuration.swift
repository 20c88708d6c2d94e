import FoundationEssentials

extension ModelFiles {
    /// Decodes the JSON file at `path`.
    ///
    /// - Throws: ``CheckpointError/configuration(file:field:expected:)`` naming the field that is not as `type` wants
    ///   it, ``CheckpointError/unreadable(file:reason:)`` if there is no such file.
    public func decode<T: Decodable>(_ type: T.Type, file path: String) throws -> T {
        guard let value = try decodeIfPresent(type, file: path) else {
            throw CheckpointError.unreadable(file: path, reason: "there is no such file in \(name)")
        }
        return value
    }

    /// Decodes the JSON file at `path`, or returns nil if there is none.
    public func decodeIfPresent<T: Decodable>(_ type: T.Type, file path: String) throws -> T? {
        guard let text = try bytes(path) else { return nil }
        return try decodeConfiguration(type, text, file: path)
    }
}

/// Decodes the JSON text of `file`, a name for messages.
///
/// - Throws: ``CheckpointError/configuration(file:field:expected:)``; what `type` itself throws while it is decoded, such
///   as a value that it does not support.
public func decodeConfiguration<T: Decodable>(_ type: T.Type, _ text: [UInt8], file: String) throws -> T {
    do {
        return try JSONDecoder().decode(type, from: Data(text))
    } catch let error as DecodingError {
        throw error.checkpointError(file: file)
    }
}

extension DecodingError {
    /// The same in terms of a configuration file's fields.
    func checkpointError(file: String) -> CheckpointError {
        switch self {
        case .keyNotFound(let key, let context):
            .configuration(file: file, field: (context.codingPath + [key]).field, expected: "a value, found none")
        case .valueNotFound(let type, let context):
            .configuration(file: file, field: context.codingPath.field, expected: "\(name(of: type)), found null")
        case .typeMismatch(let type, let context):
            .configuration(file: file, field: context.codingPath.field, expected: "\(name(of: type))")
        case .dataCorrupted(let context):
            .configuration(
                file: file, field: context.codingPath.field,
                expected: context.codingPath.isEmpty ? "valid JSON" : "another value: \(context.debugDescription)")
        @unknown default: .configuration(file: file, field: "", expected: "valid JSON")
        }
    }

    private func name(of type: Any.Type) -> String {
        switch type {
        case is Int.Type, is Int32.Type, is Int64.Type, is UInt.Type: "a whole number"
        case is Float.Type, is Double.Type: "a number"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is [Any].Type: "a list"
        default: "\(type)".hasPrefix("Array<") ? "a list" : "an object"
        }
    }
}

extension [any CodingKey] {
    /// `blocks[2].name`.
    fileprivate var field: String {
        reduce("") { path, key in
            if let index = key.intValue { return path + "[\(index)]" }
            return path.isEmpty ? key.stringValue : path + "." + key.stringValue
        }
    }
}
