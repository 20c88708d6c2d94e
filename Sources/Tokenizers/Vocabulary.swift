/// Tokens and their numbers, looked up by the bytes of a token.
///
/// A table of its own: half a million look-ups of `String`s, which compare canonical forms, would take too long.
struct Vocabulary: Sendable {
    /// The largest number that a token may have.
    static let idLimit = 1 << 24

    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var ids: [Int] = []
    /// Positions in `ids` plus one, by hash; 0 is free.
    private var slots: [UInt32] = [UInt32](repeating: 0, count: 256)
    private var positionOfID: [Int: Int] = [:]

    /// The number of tokens.
    var count: Int { ids.count }

    /// The largest number in use.
    private(set) var largestID = 0

    /// Adds a token; returns false, and changes nothing, if the token or the number is taken.
    mutating func insert(_ token: some Collection<UInt8>, id: Int) -> Bool {
        if ids.count * 2 >= slots.count { grow() }
        let start = bytes.count
        bytes.append(contentsOf: token)
        let slot = slot(of: bytes[start...])
        guard slots[slot] == 0, positionOfID[id] == nil else {
            bytes.removeSubrange(start...)
            return false
        }
        positionOfID[id] = ids.count
        ids.append(id)
        largestID = max(largestID, id)
        ends.append(bytes.count)
        slots[slot] = UInt32(ids.count)
        return true
    }

    /// The number of a token, or nil if it is none.
    func id(of token: ArraySlice<UInt8>) -> Int? {
        let position = slots[slot(of: token)]
        return position == 0 ? nil : ids[Int(position) - 1]
    }

    /// The number of a token, or nil if it is none.
    func id(of token: String) -> Int? { id(of: Array(token.utf8)[...]) }

    /// The bytes of token `id`, or nil if there is none.
    func token(_ id: Int) -> ArraySlice<UInt8>? { positionOfID[id].map(token(at:)) }

    private func token(at position: Int) -> ArraySlice<UInt8> {
        bytes[(position == 0 ? 0 : ends[position - 1])..<ends[position]]
    }

    /// Where `token` is in `slots`, or the free place where it would be.
    private func slot(of token: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        token.withUnsafeBytes { hasher.combine(bytes: $0) }
        var slot = hasher.finalize() & (slots.count - 1)
        while slots[slot] != 0, !self.token(at: Int(slots[slot]) - 1).elementsEqual(token) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for position in ids.indices { slots[slot(of: token(at: position))] = UInt32(position + 1) }
    }
}
