/// A number in a prompt, as it is written: whether there is a point in it can matter.
public struct PromptNumber: Hashable, Sendable, CustomStringConvertible {
    /// Characters in a number; what is longer is text.
    static let maximumLength = 32

    /// As in the prompt, without spaces around it.
    public let description: String
    /// What it means; finite.
    public let value: Double

    /// Whether it is written with a decimal point.
    public var hasPoint: Bool { description.utf8.contains(UInt8(ascii: ".")) }

    /// Reads digits with at most one point and one sign, and spaces around them; nil for anything else.
    init?(_ text: some StringProtocol) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || 0x09...0x0d ~= byte }
        let number = Substring(text).utf8.drop(while: isSpace)
        guard let last = number.lastIndex(where: { !isSpace($0) }) else { return nil }
        let spelling = String(Substring(number[...last]))
        let unsigned =
            spelling.utf8.first.map { $0 == 0x2b || $0 == 0x2d } == true
            ? spelling.utf8.dropFirst() : spelling.utf8[...]
        let digits = unsigned.filter { $0 != UInt8(ascii: ".") }
        guard spelling.utf8.count <= Self.maximumLength, !digits.isEmpty, unsigned.count - digits.count <= 1,
            digits.allSatisfy({ 0x30...0x39 ~= $0 }), let value = Double(spelling), value.isFinite
        else { return nil }
        description = spelling
        self.value = value
    }

    /// The number that is written `value`.
    init(_ value: Double) {
        description = value.description
        self.value = value
    }
}
