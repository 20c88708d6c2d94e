/// What Unicode is to the reference tokenizer: classes of characters, small letters, canonical forms.
///
/// Swift's own tables are of another edition of Unicode, and would give other tokens for some thousand characters.
enum UnicodeData {
    static let letters = ScalarRanges(UnicodeTables.letters)
    static let numbers = ScalarRanges(UnicodeTables.numbers)
    static let spaces = ScalarRanges(UnicodeTables.spaces)

    /// Small letters by their capitals, but for U+0130.
    static let lowercase: [UInt32: UInt32] = {
        var lowercase: [UInt32: UInt32] = [:]
        for entry in TableText(UnicodeTables.lowercase).entries(separator: ",") {
            var entry = entry
            let start = entry.number()
            let count = entry.skip("+") ? entry.number() : 1
            let step = entry.skip("*") ? entry.number() : 1
            _ = entry.skip("=")
            let small = entry.number()
            for i in 0..<count { lowercase[start + i * step] = small + i * step }
        }
        return lowercase
    }()

    /// Canonical combining classes other than 0.
    static let combiningClasses: [UInt32: UInt8] = {
        var classes: [UInt32: UInt8] = [:]
        for entry in TableText(UnicodeTables.combiningClasses).entries(separator: ";") {
            var entry = entry
            let combining = UInt8(truncatingIfNeeded: entry.number())
            _ = entry.skip(":")
            for range in ScalarRanges(entry).ranges {
                for scalar in range { classes[scalar] = combining }
            }
        }
        return classes
    }()

    /// What a character decomposes to in one step; the second is 0 where it is one character.
    static let decompositions: [UInt32: (UInt32, UInt32)] = {
        var decompositions: [UInt32: (UInt32, UInt32)] = [:]
        for table in [UnicodeTables.singletons, UnicodeTables.composed, UnicodeTables.decomposed] {
            for (scalar, parts) in pairs(table) { decompositions[scalar] = parts }
        }
        return decompositions
    }()

    /// What two characters compose to: the first in the upper half of the key, the second in the lower.
    static let compositions: [UInt64: UInt32] = {
        var compositions: [UInt64: UInt32] = [:]
        for (scalar, parts) in pairs(UnicodeTables.composed) {
            compositions[UInt64(parts.0) << 32 | UInt64(parts.1)] = scalar
        }
        return compositions
    }()

    private static func pairs(_ table: StaticString) -> [(UInt32, (UInt32, UInt32))] {
        TableText(table).entries(separator: ",").map { entry in
            var entry = entry
            let scalar = entry.number()
            _ = entry.skip("=")
            let first = entry.number()
            return (scalar, (first, entry.skip("+") ? entry.number() : 0))
        }
    }
}

/// A set of scalar values as ascending ranges.
struct ScalarRanges: Sendable {
    let ranges: [Range<UInt32>]

    init(_ text: StaticString) { self.init(TableText(text)) }

    /// Reads `gap+length,…`, the length left out where it is 1.
    init(_ text: TableText) {
        var ranges: [Range<UInt32>] = []
        var end: UInt32 = 0
        for entry in text.entries(separator: ",") {
            var entry = entry
            let start = end + entry.number()
            end = start + (entry.skip("+") ? entry.number() : 1)
            ranges.append(start..<end)
        }
        self.ranges = ranges
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= scalar.value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(scalar.value)
    }
}

/// A part of a table's text, read from its start.
struct TableText {
    private var bytes: ArraySlice<UInt8>

    init(_ text: StaticString) {
        bytes = ArraySlice(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    func entries(separator: Unicode.Scalar) -> [TableText] {
        bytes.split(separator: UInt8(ascii: separator)).map(TableText.init(bytes:))
    }

    /// Takes a hexadecimal number.
    mutating func number() -> UInt32 {
        var value: UInt32 = 0
        while let byte = bytes.first, let digit = digit(byte) {
            value = value << 4 | digit
            bytes.removeFirst()
        }
        return value
    }

    /// Takes `mark` if it is next.
    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: mark) else { return false }
        bytes.removeFirst()
        return true
    }

    private func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }
}
