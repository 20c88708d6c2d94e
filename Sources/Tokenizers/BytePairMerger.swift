/// Joins neighbouring tokens of a word, the pair of the lowest rank first, until no pair has a rank.
///
/// Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (arXiv 1508.07909); of pairs
/// of one rank the leftmost comes first, as in tokenizers 0.23.3. Takes n log n time for a word of n bytes.
struct BytePairMerger: Sendable {
    private struct Merge {
        let rank: UInt32
        let result: UInt32
    }

    private static let versionMark = Array("#version".utf8)

    private let merges: [UInt64: Merge]

    /// Reads merges from the lines of a `merges.txt` of `file`, a name for messages.
    init(text: [UInt8], file: String, vocabulary: Vocabulary) throws(TokenizerError) {
        var pairs: [(ArraySlice<UInt8>, ArraySlice<UInt8>)] = []
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            var line = rest[..<end]
            rest = rest[end...].dropFirst()
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard !line.isEmpty, !line.starts(with: Self.versionMark) else { continue }
            guard let space = line.firstIndex(of: UInt8(ascii: " ")),
                !line[(space + 1)...].contains(UInt8(ascii: " "))
            else {
                throw .malformed(
                    file: file, expected: "two tokens in each line", found: String(decoding: line, as: UTF8.self))
            }
            pairs.append((line[..<space], line[(space + 1)...]))
        }
        try self.init(pairs, file: file, vocabulary: vocabulary)
    }

    /// Keeps `pairs` in the order of their ranks.
    init(
        _ pairs: [(ArraySlice<UInt8>, ArraySlice<UInt8>)], file: String, vocabulary: Vocabulary
    ) throws(TokenizerError) {
        var merges: [UInt64: Merge] = [:]
        merges.reserveCapacity(pairs.count)
        func id(_ token: ArraySlice<UInt8>) throws(TokenizerError) -> UInt32 {
            guard let id = vocabulary.id(of: token) else {
                throw .missingToken(file: file, token: String(decoding: token, as: UTF8.self))
            }
            return UInt32(id)
        }
        var result: UInt32 = 0
        for (rank, pair) in pairs.enumerated() {
            let first = try id(pair.0)
            let second = try id(pair.1)
            // Vocabularies number the results in the order of the merges: the next number spares a look-up.
            let next = result + 1
            result = vocabulary.isToken(Int(next), pair.0, pair.1) ? next : try id(pair.0 + pair.1)
            merges[Self.key(first, second)] = Merge(rank: UInt32(rank), result: result)
        }
        self.merges = merges
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    /// Merges the tokens of one word.
    func merge(_ tokens: [UInt32]) -> [UInt32] {
        var word = Word(tokens)
        var candidates = MinimumHeap()
        func consider(_ position: Int) {
            guard let pair = word.pair(at: position), let merge = merges[Self.key(pair.0, pair.1)] else { return }
            candidates.insert(UInt64(merge.rank) << 32 | UInt64(position))
        }
        for position in tokens.indices { consider(position) }
        while let candidate = candidates.removeFirst() {
            let position = Int(candidate & 0xffff_ffff)
            // The pair may have been changed since by a merge beside it.
            guard let pair = word.pair(at: position), let merge = merges[Self.key(pair.0, pair.1)],
                UInt64(merge.rank) == candidate >> 32
            else { continue }
            let previous = word.join(at: position, into: merge.result)
            consider(position)
            if let previous { consider(previous) }
        }
        return word.tokens
    }
}

/// The tokens of a word as a doubly linked list.
private struct Word {
    private static let removed = UInt32.max

    private var ids: [UInt32]
    private var next: [Int]
    private var previous: [Int]

    init(_ ids: [UInt32]) {
        self.ids = ids
        next = ids.indices.map { $0 + 1 }
        previous = ids.indices.map { $0 - 1 }
    }

    var tokens: [UInt32] { ids.filter { $0 != Self.removed } }

    /// The token at `position` and the one after it, if both are there.
    func pair(at position: Int) -> (UInt32, UInt32)? {
        guard ids[position] != Self.removed, next[position] < ids.count else { return nil }
        return (ids[position], ids[next[position]])
    }

    /// Puts `id` in place of the pair at `position`; returns the position before it.
    mutating func join(at position: Int, into id: UInt32) -> Int? {
        let second = next[position]
        ids[position] = id
        ids[second] = Self.removed
        next[position] = next[second]
        if next[position] < ids.count { previous[next[position]] = position }
        return previous[position] >= 0 ? previous[position] : nil
    }
}

/// A binary heap, smallest first.
private struct MinimumHeap {
    private var elements: [UInt64] = []

    mutating func insert(_ element: UInt64) {
        elements.append(element)
        var i = elements.count - 1
        while i > 0, elements[(i - 1) / 2] > elements[i] {
            elements.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    mutating func removeFirst() -> UInt64? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return first }
        elements[0] = last
        var i = 0
        while true {
            let left = 2 * i + 1
            guard left < elements.count else { return first }
            let smaller = left + 1 < elements.count && elements[left + 1] < elements[left] ? left + 1 : left
            guard elements[smaller] < elements[i] else { return first }
            elements.swapAt(i, smaller)
            i = smaller
        }
    }
}
