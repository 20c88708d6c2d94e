/// Calls `body` with room for a library's message of at most `capacity` bytes, and returns what both say.
func withMessage<Status>(
    capacity: Int, _ body: (UnsafeMutablePointer<CChar>) -> Status
) -> (status: Status, message: String) {
    // Owned by the array for the whole call; it is never empty, so it has an address of its own.
    var room = [CChar](repeating: 0, count: max(capacity, 1))
    let status = body(&room)
    return (status, room.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
}
