extension Image {
    /// The picture with light and dark exchanged; alpha stays.
    ///
    /// Of a mask: what it left out, it covers.
    public var inverted: Image {
        let hasAlpha = channels == .rgba
        let result = pixels.indices.map { hasAlpha && $0 % 4 == 3 ? pixels[$0] : 255 - pixels[$0] }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }
}
