extension Image {
    /// This picture where `mask` covers, `under` where it does not, and a mixture where it covers a little.
    ///
    /// Both have the same channels, and the mask, of greys, the same size. Source: Pillow `Image.composite`, to the bit.
    public func composited(over under: Image, mask: Image) -> Image {
        precondition(channels == under.channels && width == under.width && height == under.height, "two of one kind")
        precondition(mask.channels == .grey && mask.width == width && mask.height == height, "a mask of their size")
        let count = channels.count
        let result = pixels.indices.map { i in
            let cover = Int(mask.pixels[i / count])
            return clampedToByte(dividedBy255(Int(pixels[i]) * cover + Int(under.pixels[i]) * (255 - cover)))
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }

    /// This picture, drawn for `region` of `under` in any size, put back in its place where `mask` covers.
    ///
    /// The mask, of greys, has the size of `under`.
    public func composited(into region: Region, of under: Image, mask: Image) -> Image {
        let patch = converted(to: under.channels).resized(
            width: region.width, height: region.height, filter: .lanczos)
        return under.replacing(region, with: patch).composited(over: under, mask: mask)
    }
}
