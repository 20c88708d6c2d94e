/// The directories of a TIFF file, which EXIF blocks are.
///
/// Source: TIFF 6.0, section 2. Every offset is checked; what points beyond the file is left out.
struct TIFFDirectories {
    /// How the values of a field are stored.
    enum FieldType: Int {
        case byte = 1
        case ascii, short, long, rational, signedByte, undefined

        /// Bytes of a value.
        var byteCount: Int {
            switch self {
            case .byte, .ascii, .signedByte, .undefined: 1
            case .short: 2
            case .long: 4
            case .rational: 8
            }
        }
    }

    /// A field: its type, how many values it has, and where its four bytes of value or offset are.
    struct Entry {
        let type: FieldType
        let count: Int
        let place: Int
    }

    /// Whether the highest byte of a number comes first.
    let isBigEndian: Bool
    /// Where the first directory is.
    let first: Int
    private let bytes: [UInt8]

    /// Reads the header; nil if this is no TIFF file.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: "MM".utf8) || bytes.starts(with: "II".utf8) else { return nil }
        self.bytes = bytes
        isBigEndian = bytes[0] == UInt8(ascii: "M")
        guard let mark = Self.number(bytes, at: 2, count: 2, isBigEndian), mark == 42,
            let offset = Self.number(bytes, at: 4, count: 4, isBigEndian)
        else { return nil }
        first = offset
    }

    /// The fields of the directory at `offset` by their tags, the first where a tag comes twice.
    func entries(at offset: Int) -> [UInt16: Entry] {
        guard let count = number(at: offset, count: 2) else { return [:] }
        var entries: [UInt16: Entry] = [:]
        for i in 0..<count {
            let place = offset + 2 + 12 * i
            guard let tag = number(at: place, count: 2), let type = number(at: place + 2, count: 2),
                let values = number(at: place + 4, count: 4)
            else { break }
            guard let type = FieldType(rawValue: type) else { continue }
            let key = UInt16(truncatingIfNeeded: tag)
            if entries[key] == nil { entries[key] = Entry(type: type, count: values, place: place + 8) }
        }
        return entries
    }

    /// The bytes of a field's values; nil if they do not lie in the file.
    func content(_ entry: Entry) -> ArraySlice<UInt8>? {
        let byteCount = entry.count * entry.type.byteCount
        let start = byteCount <= 4 ? entry.place : number(at: entry.place, count: 4)
        guard let start, start <= bytes.count, byteCount <= bytes.count - start else { return nil }
        return bytes[start..<start + byteCount]
    }

    /// The number that a field holds, if it holds a whole one.
    func number(_ entry: Entry) -> Int? {
        guard entry.count >= 1, entry.type == .short || entry.type == .long else { return nil }
        return content(Entry(type: entry.type, count: 1, place: entry.place)).flatMap {
            number(at: $0.startIndex, count: $0.count)
        }
    }

    private func number(at offset: Int, count: Int) -> Int? {
        Self.number(bytes, at: offset, count: count, isBigEndian)
    }

    private static func number(_ bytes: [UInt8], at offset: Int, count: Int, _ isBigEndian: Bool) -> Int? {
        guard offset >= 0, offset <= bytes.count - count else { return nil }
        let digits = bytes[offset..<offset + count]
        return isBigEndian
            ? digits.reduce(0) { $0 << 8 | Int($1) } : digits.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
