/// The extent of each axis of a tensor, outermost first.
///
/// Images and latents are `[N, H, W, C]`, tokens `[N, T, D]`; memory is always dense in that order.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// Extents, outermost first; none is negative.
    public let extents: [Int]

    /// Makes a shape of the given extents.
    public init(_ extents: [Int]) {
        precondition(extents.allSatisfy { $0 >= 0 }, "a shape has no negative extent")
        self.extents = extents
    }

    /// Makes a shape of the given extents.
    public init(arrayLiteral extents: Int...) {
        self.init(extents)
    }

    /// The number of axes.
    public var rank: Int { extents.count }

    /// The product of all extents, 1 for a scalar.
    ///
    /// Shapes that come from a file are checked for overflow by their reader before a `Shape` is made.
    public var elementCount: Int { extents.reduce(1, *) }

    /// The extent of the last axis: channels of an image, features of a token.
    public var channels: Int { extents.last ?? 1 }

    /// All extents but the last, multiplied: the number of channel vectors.
    public var rows: Int { extents.dropLast().reduce(1, *) }

    /// The extent of axis `axis`; negative counts from the last.
    public subscript(axis: Int) -> Int { extents[axis < 0 ? axis + extents.count : axis] }

    /// The same shape with its last extent replaced.
    public func withChannels(_ channels: Int) -> Shape { Shape(extents.dropLast() + [channels]) }

    /// The same shape with its first extent replaced.
    public func withBatch(_ batch: Int) -> Shape { Shape([batch] + extents.dropFirst()) }

    /// The extents between brackets: `[1, 64, 64, 4]`.
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
