/// The directory of a ZIP archive whose entries are stored as they are, as PyTorch writes its checkpoints.
///
/// Source: PKWARE APPNOTE 6.3.10 §4.3, with zip64. Compressed and encrypted entries are refused.
struct ZipArchive {
    /// Where the bytes of each entry lie, by name.
    let entries: [String: Range<Int>]

    /// The most entries of one archive.
    private static let largestCount = 100_000
    /// The largest directory, in bytes.
    private static let largestDirectory = 64 << 20

    /// Reads the directory, and the header before each entry.
    init(_ source: ByteSource) throws(PickleProblem) {
        let directory = try Self.directory(source)
        guard directory.range.count <= Self.largestDirectory, directory.count <= Self.largestCount else {
            throw PickleProblem(
                found: "a directory of \(directory.count) entries", expected: "at most \(Self.largestCount)")
        }
        let bytes = LittleEndian(try source.bytes(directory.range))
        var entries: [String: Range<Int>] = [:]
        var position = 0
        for _ in 0..<directory.count {
            guard bytes.integer(position, 4) == 0x0201_4b50, let nameLength = bytes.integer(position + 28, 2),
                let extraLength = bytes.integer(position + 30, 2), let commentLength = bytes.integer(position + 32, 2),
                let nameBytes = bytes.slice(position + 46, nameLength),
                let name = String(validating: nameBytes, as: UTF8.self), name.isSafeRelativePath,
                let extra = bytes.slice(position + 46 + nameLength, extraLength)
            else { throw PickleProblem(found: "a broken directory", expected: "an entry's name and place") }
            guard bytes.integer(position + 8, 2).map({ $0 & 0x2041 == 0 }) == true else {
                throw PickleProblem(found: "an encrypted entry \"\(name)\"", expected: "one that can be read")
            }
            guard bytes.integer(position + 10, 2) == 0 else {
                throw PickleProblem(found: "a compressed entry \"\(name)\"", expected: "stored ones, as PyTorch writes")
            }
            let place = try Self.place(name, bytes, at: position, extra: LittleEndian(Array(extra)))
            let range = try Self.data(of: name, nameLength, place, in: source, before: directory.range.lowerBound)
            guard entries.updateValue(range, forKey: name) == nil else {
                throw PickleProblem(found: "the entry \"\(name)\" twice", expected: "each once")
            }
            position += 46 + nameLength + extraLength + commentLength
        }
        self.entries = entries
    }

    /// Where the directory is, from the record at the archive's end.
    private static func directory(_ source: ByteSource) throws(PickleProblem) -> (range: Range<Int>, count: Int) {
        let none = PickleProblem(found: "no directory of a ZIP archive", expected: "one at the end")
        let start = max(0, source.count - 22 - 65535)
        let tail = LittleEndian(try source.bytes(start..<source.count))
        guard tail.count >= 22 else { throw none }
        var end = tail.count - 22
        while tail.integer(end, 4) != 0x0605_4b50 || tail.integer(end + 20, 2) != tail.count - end - 22 {
            guard end > 0 else { throw none }
            end -= 1
        }
        guard var count = tail.integer(end + 10, 2), var size = tail.integer(end + 12, 4),
            var offset = tail.integer(end + 16, 4)
        else { throw none }
        if end >= 20, tail.integer(end - 20, 4) == 0x0706_4b50 {
            guard let place = tail.integer(end - 12, 8) else { throw none }
            let record = LittleEndian(try source.bytes(place..<place.addingSaturated(56)))
            guard record.integer(0, 4) == 0x0606_4b50, let longCount = record.integer(32, 8),
                let longSize = record.integer(40, 8), let longOffset = record.integer(48, 8)
            else { throw none }
            (count, size, offset) = (longCount, longSize, longOffset)
        }
        let (directoryEnd, overflows) = offset.addingReportingOverflow(size)
        guard !overflows, directoryEnd <= start + end else { throw none }
        return (offset..<directoryEnd, count)
    }

    /// Size and header's offset of an entry; where they do not fit 32 bits they are in the extra field numbered 1.
    private static func place(
        _ name: String, _ bytes: LittleEndian, at position: Int, extra: LittleEndian
    ) throws(PickleProblem) -> (size: Int, header: Int) {
        let broken = PickleProblem(found: "a broken place of \"\(name)\"", expected: "its size and offset")
        guard var stored = bytes.integer(position + 20, 4), var size = bytes.integer(position + 24, 4),
            var header = bytes.integer(position + 42, 4)
        else { throw broken }
        var field = 0
        while field + 4 <= extra.count {
            guard let kind = extra.integer(field, 2), let length = extra.integer(field + 2, 2) else { throw broken }
            if kind == 1 {
                var next = field + 4
                let end = next + length
                func long(_ value: inout Int) throws(PickleProblem) {
                    guard value == 0xffff_ffff else { return }
                    guard next + 8 <= end, let found = extra.integer(next, 8) else { throw broken }
                    value = found
                    next += 8
                }
                try long(&size)
                try long(&stored)
                try long(&header)
            }
            field += 4 + length
        }
        guard stored == size else { throw broken }
        return (size, header)
    }

    /// The bytes of an entry, which follow a header of their own.
    private static func data(
        of name: String, _ nameLength: Int, _ place: (size: Int, header: Int), in source: ByteSource, before end: Int
    ) throws(PickleProblem) -> Range<Int> {
        let broken = PickleProblem(
            found: "the entry \"\(name)\" outside the archive", expected: "it before the directory")
        guard place.header <= end else { throw broken }
        let header = LittleEndian(try source.bytes(place.header..<place.header.addingSaturated(30)))
        guard header.integer(0, 4) == 0x0403_4b50, header.integer(26, 2) == nameLength,
            let extraLength = header.integer(28, 2)
        else { throw broken }
        let start = place.header + 30 + nameLength + extraLength
        guard start <= end, place.size <= end - start else { throw broken }
        return start..<start + place.size
    }
}

/// Whole numbers of an archive's records, lowest byte first.
struct LittleEndian {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count }

    /// The number of `size` bytes at `offset`; nil if it is not there or does not fit an `Int`.
    func integer(_ offset: Int, _ size: Int) -> Int? {
        guard let slice = slice(offset, size) else { return nil }
        return Int(exactly: slice.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// `size` bytes at `offset`, or nil if they are not all there.
    func slice(_ offset: Int, _ size: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, size >= 0, offset <= bytes.count, size <= bytes.count - offset else { return nil }
        return bytes[offset..<offset + size]
    }
}

extension Int {
    /// The sum, or the largest number where there is none.
    fileprivate func addingSaturated(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
