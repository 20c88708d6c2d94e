import FoundationEssentials

/// Bytes as text.
public enum Base64 {
    /// RFC 4648, section 4, padded.
    public static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
