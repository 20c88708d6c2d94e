extension Image {
    /// The part of the picture in `region`, which lies within it.
    public func cropped(to region: Region) -> Image {
        precondition(
            region.x >= 0 && region.y >= 0 && region.columns.upperBound <= width && region.rows.upperBound <= height,
            "the region lies within the picture")
        return window(x: region.x, y: region.y, width: region.width, height: region.height)
    }

    /// A view of `width × height` from column `x` and row `y`; beyond the picture its outermost pixels go on.
    ///
    /// `x` and `y` may be negative.
    func window(x: Int, y: Int, width: Int, height: Int) -> Image {
        let count = channels.count
        let columns = (x..<x + width).map { min(max($0, 0), self.width - 1) * count }
        var result: [UInt8] = []
        result.reserveCapacity(width * height * count)
        for row in y..<y + height {
            let start = min(max(row, 0), self.height - 1) * self.width * count
            for column in columns { result += pixels[start + column..<start + column + count] }
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }

    /// The picture with `patch`, of the same channels, in `region`, which has the patch's size and lies within it.
    public func replacing(_ region: Region, with patch: Image) -> Image {
        precondition(patch.channels == channels && patch.width == region.width && patch.height == region.height)
        precondition(region.x >= 0 && region.y >= 0)
        precondition(region.columns.upperBound <= width && region.rows.upperBound <= height, "it lies within")
        let count = channels.count
        var result = pixels
        for row in 0..<patch.height {
            let target = ((region.y + row) * width + region.x) * count
            let source = row * patch.width * count
            let rowBytes = patch.width * count
            result.replaceSubrange(target..<target + rowBytes, with: patch.pixels[source..<source + rowBytes])
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }
}
