/// Names a job: `job_` and 32 hexadecimal digits, the first twelve of which tell when it was made.
public struct JobIdentifier: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What clients and the store see.
    public let description: String

    /// A name that no other job has: 48 bits of milliseconds and 80 random ones.
    public init(at time: Timestamp) {
        var generator = SystemRandomNumberGenerator()
        let high =
            UInt64(bitPattern: time.milliseconds) << 16 | UInt64(UInt16.random(in: 0 ... .max, using: &generator))
        description = "job_" + hexadecimal(high) + hexadecimal(UInt64.random(in: 0 ... .max, using: &generator))
    }

    /// Reads what a client wrote; nil if no job can be called so.
    public init?(_ text: String) {
        let digits = text.utf8.dropFirst(4)
        guard text.hasPrefix("job_"), digits.count == 32, digits.allSatisfy(\.isLowercaseHexadecimal) else {
            return nil
        }
        description = text
    }

    /// - Throws: `DecodingError` for what is no job's name.
    public init(from decoder: any Decoder) throws {
        let text = try String(from: decoder)
        guard let identifier = JobIdentifier(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "a job is called job_ and 32 hexadecimal digits"))
        }
        self = identifier
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// Sixteen lowercase hexadecimal digits.
func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

extension UInt8 {
    /// Whether this is one of `0…9` or `a…f` in ASCII.
    package var isLowercaseHexadecimal: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}
