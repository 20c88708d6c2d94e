import Crypto

/// What the holder of a key sends: `sd_`, the key's identifier, `_`, and 43 characters of base64url, 256 random bits.
public struct KeyToken: Sendable {
    /// Eight lowercase letters and digits, by which the key is looked up.
    public let id: String
    private let secret: [UInt8]

    private static let identifierLength = 8, secretLength = 43

    /// A token that nobody has.
    public init() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        id = String(
            decoding: (0..<Self.identifierLength).map { _ in letters.randomElement(using: &generator) ?? letters[0] },
            as: UTF8.self)
        let bits = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
        secret = base64url(bits)
    }

    /// Reads what a client sent; nil if no key can look so.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let prefix = Array("sd_".utf8)
        guard bytes.count == prefix.count + Self.identifierLength + 1 + Self.secretLength, bytes.starts(with: prefix)
        else { return nil }
        let identifier = bytes[prefix.count..<prefix.count + Self.identifierLength]
        guard identifier.allSatisfy(isLowercaseAlphanumeric),
            bytes[prefix.count + Self.identifierLength] == UInt8(ascii: "_")
        else { return nil }
        id = String(decoding: identifier, as: UTF8.self)
        secret = Array(bytes.suffix(Self.secretLength))
    }

    /// As the holder keeps it; shown once, and written nowhere.
    public var text: String { "sd_\(id)_" + String(decoding: secret, as: UTF8.self) }

    /// What the store keeps of it: HMAC-SHA256 of the secret, so that neither the store alone nor the pepper alone tells
    /// whether a guess is right.
    public func hash(_ pepper: Pepper) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: secret, using: pepper.key))
    }

    /// Whether `hash` is this token's, in a time that does not tell how much of it is right.
    public func matches(_ hash: [UInt8], _ pepper: Pepper) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(hash, authenticating: secret, using: pepper.key)
    }
}

private func isLowercaseAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

/// RFC 4648 §5 without padding.
private func base64url(_ bytes: [UInt8]) -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = [], bits: UInt32 = 0, count = 0
    for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        count += 8
        while count >= 6 {
            count -= 6
            text.append(alphabet[Int(bits >> UInt32(count)) & 63])
        }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
    return text
}
