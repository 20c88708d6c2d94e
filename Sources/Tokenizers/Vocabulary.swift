/// Tokens and their numbers, looked up by the bytes of a token.
///
/// A table of its own: half a million look-ups of `String`s, which compare canonical forms, would take too long.
struct Vocabulary: Sendable {
    /// Every token's number is smaller.
    static let idLimit = 1 << 20

    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var ids: [Int] = []
    /// For each place the hash's low half and, in the upper one, the position in `ids` plus one; 0 is free.
    private var slots = [UInt64](repeating: 0, count: 1024)
    /// Positions in `ids` plus one, by number; 0 is free.
    private var positions: [UInt32] = []

    /// The largest number in use.
    private(set) var largestID = 0

    /// The number of tokens.
    var count: Int { ids.count }

    /// Adds a token; returns false, and changes nothing, if the token or the number is taken or out of bounds.
    mutating func insert(_ token: ArraySlice<UInt8>, id: Int) -> Bool {
        guard 0..<Self.idLimit ~= id else { return false }
        if ids.count * 2 >= slots.count { grow() }
        if id >= positions.count {
            positions += repeatElement(0, count: max(id + 1, positions.count * 2) - positions.count)
        }
        let hash = Self.hash(token)
        let slot = slot(of: token, hash)
        guard slots[slot] == 0, positions[id] == 0 else { return false }
        bytes += token
        ends.append(bytes.count)
        ids.append(id)
        positions[id] = UInt32(ids.count)
        slots[slot] = UInt64(ids.count) << 32 | UInt64(hash)
        largestID = max(largestID, id)
        return true
    }

    /// The number of a token, or nil if it is none.
    func id(of token: ArraySlice<UInt8>) -> Int? {
        let entry = slots[slot(of: token, Self.hash(token))]
        return entry == 0 ? nil : ids[Int(entry >> 32) - 1]
    }

    /// The number of a token, or nil if it is none.
    func id(of token: String) -> Int? { id(of: Array(token.utf8)[...]) }

    /// Whether token `id` is `first` and `second` together.
    func isToken(_ id: Int, _ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Bool {
        guard positions.indices.contains(id), positions[id] != 0 else { return false }
        let range = range(at: Int(positions[id]) - 1)
        let middle = range.lowerBound + first.count
        return range.count == first.count + second.count && isEqual(range.lowerBound..<middle, first)
            && isEqual(middle..<range.upperBound, second)
    }

    /// The bytes of token `id`, or nil if there is none.
    func token(_ id: Int) -> ArraySlice<UInt8>? {
        guard positions.indices.contains(id), positions[id] != 0 else { return nil }
        return bytes[range(at: Int(positions[id]) - 1)]
    }

    private func range(at position: Int) -> Range<Int> { (position == 0 ? 0 : ends[position - 1])..<ends[position] }

    private func isEqual(_ range: Range<Int>, _ token: ArraySlice<UInt8>) -> Bool {
        guard range.count == token.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            token.withUnsafeBufferPointer { token in
                for i in token.indices where bytes[range.lowerBound + i] != token[i] { return false }
                return true
            }
        }
    }

    /// Seeded anew in each process, so that no file can make all tokens collide.
    private static func hash(_ token: ArraySlice<UInt8>) -> UInt32 {
        var hasher = Hasher()
        token.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// Where `token` is in `slots`, or the free place where it would be.
    private func slot(of token: ArraySlice<UInt8>, _ hash: UInt32) -> Int {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            if UInt32(truncatingIfNeeded: slots[slot]) == hash {
                if isEqual(range(at: Int(slots[slot] >> 32) - 1), token) { return slot }
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        let entries = slots.filter { $0 != 0 }
        slots = [UInt64](repeating: 0, count: slots.count * 4)
        for entry in entries {
            var slot = Int(UInt32(truncatingIfNeeded: entry)) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }
}
