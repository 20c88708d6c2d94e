/// How a picture of other proportions is brought to a size.
public enum ResizeMode: String, Codable, Hashable, Sendable, CaseIterable {
    /// Stretched.
    case stretch = "just-resize"
    /// Made to cover the size; what sticks out is cut off on both sides.
    case crop = "crop-and-resize"
    /// Made to fit in; the bands beside it are filled with its outermost pixels.
    case fill = "resize-and-fill"

    /// Reads a name as the web UI and its ControlNet extension spell it (`Crop and Resize`), or its number (`1`).
    public static func parse(_ text: String) throws(PixelsError) -> ResizeMode {
        let key = nameKey(text)
        let named = allCases.first { nameKey($0.rawValue) == key || "\($0.number)" == key }
        guard let named else { throw .unknownResizeMode(text) }
        return named
    }

    /// The number by which the web UI's requests call it.
    public var number: Int {
        switch self {
        case .stretch: 0
        case .crop: 1
        case .fill: 2
        }
    }
}

extension Image {
    /// The picture in another size, at least 1 × 1, its proportions treated as `mode` says.
    ///
    /// Whole pixels are cut off or filled, the odd one on the right or below.
    public func resized(width: Int, height: Int, mode: ResizeMode, filter: ResamplingFilter = .lanczos) -> Image {
        guard mode != .stretch else { return resized(width: width, height: height, filter: filter) }
        let isFlatter = self.width * height > width * self.height
        // What keeps the proportions and meets the size on one axis.
        let across = max(self.width * height / self.height, 1)
        let down = max(self.height * width / self.width, 1)
        let meetsHeight = isFlatter == (mode == .crop)
        let scaled =
            meetsHeight
            ? resized(width: across, height: height, filter: filter)
            : resized(width: width, height: down, filter: filter)
        return scaled.window(
            x: scaled.width / 2 - width / 2, y: scaled.height / 2 - height / 2, width: width, height: height)
    }
}
