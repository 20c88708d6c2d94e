/// How a camera held a picture whose rows are stored as the sensor gave them.
public enum Orientation: Int, Hashable, Sendable, CaseIterable {
    /// As stored.
    case upright = 1
    /// Mirrored left to right.
    case mirrored
    /// Turned by half.
    case turned
    /// Mirrored top to bottom.
    case flipped
    /// Rows are columns.
    case transposed
    /// To be turned a quarter clockwise.
    case turnedLeft
    /// Rows are columns, both from the end.
    case transversed
    /// To be turned a quarter anticlockwise.
    case turnedRight
}

extension Image {
    /// The picture as it is to be seen, given how it is stored.
    ///
    /// Source: EXIF 2.32, tag 0x0112; Pillow `ImageOps.exif_transpose`.
    public func oriented(from orientation: Orientation) -> Image {
        guard orientation != .upright else { return self }
        let isTransposed = orientation.rawValue >= Orientation.transposed.rawValue
        let (width, height) = isTransposed ? (self.height, self.width) : (self.width, self.height)
        let (right, bottom) = (self.width - 1, self.height - 1)
        var result: [UInt8] = []
        result.reserveCapacity(pixels.count)
        for y in 0..<height {
            for x in 0..<width {
                let pixel =
                    switch orientation {
                    case .upright: self[x, y]
                    case .mirrored: self[right - x, y]
                    case .turned: self[right - x, bottom - y]
                    case .flipped: self[x, bottom - y]
                    case .transposed: self[y, x]
                    case .turnedLeft: self[y, bottom - x]
                    case .transversed: self[right - y, bottom - x]
                    case .turnedRight: self[right - y, x]
                    }
                result += pixel
            }
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }
}
