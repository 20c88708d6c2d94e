/// What the server has sent, held against RFC 6455.
struct ServerFrames {
    private var rest: [UInt8] = []
    /// Whether it has said goodbye, after which nothing may come.
    private(set) var hasClosed = false

    /// Takes what has come.
    mutating func take(_ bytes: some Sequence<UInt8>) {
        rest += bytes
        while let (frame, count) = Self.first(of: rest) {
            require(!hasClosed, "a frame after the goodbye")
            check(opcode: frame.opcode, frame.payload)
            rest.removeFirst(count)
        }
    }

    /// Checks that nothing is left over.
    func end() { require(rest.isEmpty, "half a frame") }

    private static func first(of bytes: [UInt8]) -> (frame: (opcode: UInt8, payload: ArraySlice<UInt8>), count: Int)? {
        guard bytes.count >= 2 else { return nil }
        require(bytes[0] & 0xf0 == 0x80, "a frame in pieces, or with bits that mean nothing")
        require(bytes[1] & 0x80 == 0, "a server's frame with a mask")
        var (count, start) = (Int(bytes[1]), 2)
        if count >= 126 {
            start = count == 126 ? 4 : 10
            guard bytes.count >= start else { return nil }
            count = bytes[2..<start].reduce(0) { $0 << 8 | Int($1) }
        }
        guard bytes.count >= start + count else { return nil }
        return ((bytes[0] & 0x0f, bytes[start..<start + count]), start + count)
    }

    private mutating func check(opcode: UInt8, _ payload: ArraySlice<UInt8>) {
        switch opcode {
        case 1:
            require(String(validating: payload, as: UTF8.self) != nil, "a text that is no UTF-8")
            require(
                payload.first == UInt8(ascii: "{") && payload.last == UInt8(ascii: "}"), "a text that is no object")
        case 2:
            let count = payload.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            require(payload.count >= 4 + count, "a header that is longer than its message")
        case 8:
            hasClosed = true
            let code = payload.prefix(2).reduce(0) { $0 << 8 | Int($1) }
            require([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011].contains(code), "goodbye with \(code)")
            require(payload.count <= 125, "a long goodbye")
        case 9, 10: require(payload.count <= 125, "a long ping or pong")
        default: require(false, "a frame of no kind")
        }
    }
}

/// Stops the run unless a promise holds; says which, as preconditions of optimised code do not.
func require(_ holds: Bool, _ otherwise: String) {
    if !holds { fatalError("\(otherwise)") }
}
