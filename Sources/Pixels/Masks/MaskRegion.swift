extension Image {
    /// The smallest region that holds all that a mask of greys covers, however little; nil where it covers nothing.
    public var maskedRegion: Region? {
        precondition(channels == .grey, "a mask is grey")
        let rows = (0..<height).filter { y in pixels[y * width..<(y + 1) * width].contains { $0 > 0 } }
        guard let top = rows.first, let bottom = rows.last else { return nil }
        var (left, right) = (width - 1, 0)
        for y in rows {
            let row = pixels[y * width..<(y + 1) * width]
            if let first = row.firstIndex(where: { $0 > 0 }) { left = min(left, first - y * width) }
            if let last = row.lastIndex(where: { $0 > 0 }) { right = max(right, last - y * width) }
        }
        return Region(x: left, y: top, width: right - left + 1, height: bottom - top + 1)
    }

    /// The region to draw where only what a mask of greys covers is drawn anew, in `target` pixels.
    ///
    /// The smallest that holds all that is covered, `padding` pixels more on each side, then widened to the proportions
    /// of `target` as far as the picture goes; nil where the mask covers nothing.
    public func onlyMaskedRegion(padding: Int, target: (width: Int, height: Int)) -> Region? {
        maskedRegion?.padded(by: padding, within: width, height)
            .widened(toProportionsOf: target, within: width, height)
    }
}
