/// The text of EXIF's user comment: eight bytes that name its encoding, then the text.
///
/// Source: EXIF 2.32, section 4.6.6, "UserComment"; the web UI writes UTF-16 with the highest byte first.
enum UserComment {
    /// `text` as a comment.
    static func bytes(_ text: String) -> [UInt8] {
        Array("UNICODE\0".utf8)
            + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    /// The text of a comment, nil if it is empty; what does not decode is repaired.
    ///
    /// UTF-16 without a byte order mark has the block's byte order, unless the text makes sense in the other one only:
    /// programs disagree on which is right.
    static func text(_ bytes: [UInt8], isBigEndian: Bool) -> String? {
        let content = bytes.dropFirst(8)
        let text: String
        if bytes.starts(with: "UNICODE\0".utf8) {
            text = utf16(Array(content), isBigEndian: isBigEndian)
        } else if bytes.starts(with: "ASCII\0\0\0".utf8) || bytes.starts(with: [UInt8](repeating: 0, count: 8)) {
            text = String(decoding: content, as: UTF8.self)
        } else {
            text = String(decoding: bytes, as: UTF8.self)
        }
        // Some programs end it as C does, or fill it up.
        let end = text.unicodeScalars.lastIndex { $0 != "\0" && $0 != " " }
        return end.map { String(text.unicodeScalars[...$0]) }
    }

    private static func utf16(_ bytes: [UInt8], isBigEndian: Bool) -> String {
        func decoded(from start: Int, highFirst: Bool) -> String {
            let units = stride(from: start, to: bytes.count - 1, by: 2).map { i -> UInt16 in
                let (first, second) = (UInt16(bytes[i]), UInt16(bytes[i + 1]))
                return highFirst ? first << 8 | second : second << 8 | first
            }
            return String(decoding: units, as: UTF16.self)
        }
        if bytes.starts(with: [0xfe, 0xff]) { return decoded(from: 2, highFirst: true) }
        if bytes.starts(with: [0xff, 0xfe]) { return decoded(from: 2, highFirst: false) }
        // Of Latin letters, the high byte is 0: count which of the two is that more often.
        let zeros = bytes.indices.reduce(into: (even: 0, odd: 0)) { counts, i in
            guard bytes[i] == 0 else { return }
            if i % 2 == 0 { counts.even += 1 } else { counts.odd += 1 }
        }
        let isObvious = max(zeros.even, zeros.odd) > 2 * min(zeros.even, zeros.odd) + 2
        return decoded(from: 0, highFirst: isObvious ? zeros.even > zeros.odd : isBigEndian)
    }
}
