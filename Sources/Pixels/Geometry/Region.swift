/// A rectangle of whole pixels in a picture.
public struct Region: Hashable, Sendable {
    /// The leftmost column and the topmost row.
    public let x, y: Int
    /// Columns and rows, at least 1.
    public let width, height: Int

    /// Makes a rectangle.
    public init(x: Int, y: Int, width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a region has pixels")
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The columns that it covers.
    public var columns: Range<Int> { x..<x + width }
    /// The rows that it covers.
    public var rows: Range<Int> { y..<y + height }

    /// The region with `margin ≥ 0` pixels more on each side, as far as a picture of `width × height` goes.
    public func padded(by margin: Int, within width: Int, _ height: Int) -> Region {
        // A margin beyond the picture is as good as one that reaches its end, and cannot overflow.
        let margin = min(max(margin, 0), max(width, height))
        let (left, top) = (max(x - margin, 0), max(y - margin, 0))
        return Region(
            x: left, y: top, width: min(x + self.width + margin, width) - left,
            height: min(y + self.height + margin, height) - top)
    }

    /// The region widened, or made taller, to the proportions of `target`, as far as a picture of `width × height` goes.
    ///
    /// It grows by the same on both sides where there is room, else by more on the other side, and never shrinks.
    public func widened(
        toProportionsOf target: (width: Int, height: Int), within width: Int, _ height: Int
    ) -> Region {
        let isTooFlat = self.width * target.height > target.width * self.height
        let wanted =
            isTooFlat
            ? (self.width, self.width * target.height / target.width)
            : (self.height * target.width / target.height, self.height)
        let across = Self.grown(columns, to: wanted.0, within: width)
        let down = Self.grown(rows, to: wanted.1, within: height)
        return Region(x: across.lowerBound, y: down.lowerBound, width: across.count, height: down.count)
    }

    private static func grown(_ range: Range<Int>, to wanted: Int, within limit: Int) -> Range<Int> {
        let count = min(max(wanted, range.count), limit)
        let start = min(max(range.lowerBound - (count - range.count) / 2, 0), limit - count)
        return start..<start + count
    }
}
