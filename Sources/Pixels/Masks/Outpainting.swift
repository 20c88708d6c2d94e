/// A canvas larger than its picture, whose border is to be drawn.
public struct Outpainting: Hashable, Sendable {
    /// Pixels to add on each side, 0 or more.
    public var left, top, right, bottom: Int
    /// Pixels of the picture that are drawn anew beside the border, so that the two grow together.
    public var overlap: Int

    /// Makes a border.
    public init(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0, overlap: Int = 8) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
        self.overlap = overlap
    }

    /// The canvas, its border filled smoothly with the picture's colours, and the mask of what is to be drawn.
    ///
    /// - Throws: ``PixelsError/canvas(_:value:expected:)`` if a side is negative or the canvas longer than `limit` or of more than 16 megapixels.
    public func canvas(of image: Image, limit: Int = 8192) throws(PixelsError) -> (image: Image, mask: Image) {
        let sides = [("left", left), ("top", top), ("right", right), ("bottom", bottom), ("overlap", overlap)]
        for (name, value) in sides where !(0...limit).contains(value) {
            throw .canvas(name, value: value, expected: "0 to \(limit)")
        }
        let (width, height) = (left + image.width + right, top + image.height + bottom)
        guard max(width, height) <= limit else {
            throw .canvas("the longer side", value: max(width, height), expected: "at most \(limit)")
        }
        guard width * height <= Self.mostPixels else {
            throw .canvas("the number of pixels", value: width * height, expected: "at most \(Self.mostPixels)")
        }
        let place = Region(x: left, y: top, width: image.width, height: image.height)
        let border = Image(width: width, height: height, channels: .grey, filledWith: [255])
            .replacing(place, with: Image(width: image.width, height: image.height, channels: .grey, filledWith: [0]))
        let blank = Image(
            width: width, height: height, channels: image.channels,
            filledWith: [UInt8](repeating: 0, count: image.channels.count))
        return (blank.replacing(place, with: image).smoothlyFilled(where: border), mask(width, height))
    }

    /// As many as a picture that is read may have.
    private static let mostPixels = 16 << 20

    /// What is to be drawn: the border, and the overlap on those sides that have one.
    private func mask(_ width: Int, _ height: Int) -> Image {
        let columns = kept(of: width, before: left, after: right)
        let rows = kept(of: height, before: top, after: bottom)
        let pixels = (0..<width * height).map { i -> UInt8 in
            columns.contains(i % width) && rows.contains(i / width) ? 0 : 255
        }
        return Image(width: width, height: height, channels: .grey, pixels: pixels)
    }

    /// The part of an axis of the canvas that stays; empty where overlaps meet.
    private func kept(of count: Int, before: Int, after: Int) -> Range<Int> {
        let start = before > 0 ? before + overlap : 0
        let end = after > 0 ? count - after - overlap : count
        return start..<max(start, end)
    }
}
