import Glibc

/// Bytes that are read a piece at a time, so that a file of gigabytes takes no address space.
public struct ByteSource {
    /// The number of bytes.
    let count: Int

    private let read: (Range<Int>) throws(PickleProblem) -> [UInt8]

    /// Reads from memory.
    public init(_ bytes: [UInt8]) {
        count = bytes.count
        read = { range in Array(bytes[range]) }
    }

    /// Reads from the regular file that is open as `descriptor`.
    ///
    /// - Throws: ``PickleProblem`` if it is something else.
    public init(descriptor: Int32) throws(PickleProblem) {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw PickleProblem(found: "no regular file", expected: "one") }
        count = Int(end)
        read = { range throws(PickleProblem) in
            var bytes = [UInt8](repeating: 0, count: range.count)
            var done = 0
            while done < bytes.count {
                let offset = off_t(range.lowerBound + done)
                let size = bytes.withUnsafeMutableBytes { buffer in
                    pread(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, offset)
                }
                if size < 0, errno == EINTR { continue }
                guard size > 0 else { throw PickleProblem(found: "a file that ends early", expected: "the rest of it") }
                done += size
            }
            return bytes
        }
    }

    /// The bytes of `range`, what of it the source has.
    func bytes(_ range: Range<Int>) throws(PickleProblem) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        return range.isEmpty ? [] : try read(range)
    }
}

/// What is wrong with a pickle or the archive around it; one line.
public struct PickleProblem: Error, Hashable, CustomStringConvertible {
    /// What stood there.
    public let found: String
    /// What was expected in its place.
    public let expected: String

    /// Both in one sentence.
    public var description: String { "found \(found.excerpt), expected \(expected)" }
}
