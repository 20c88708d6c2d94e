extension Image {
    /// The picture with other channels: greys are repeated, alpha is dropped or opaque, colours become their luma.
    ///
    /// Source: Pillow `Image.convert`, to the bit: luma is ITU-R 601-2's in 16 bits of fraction, and dropping alpha
    /// leaves the colours as they are, whatever shines through.
    public func converted(to target: Channels) -> Image {
        switch (channels, target) {
        case (.grey, .grey), (.rgb, .rgb), (.rgba, .rgba): self
        case (.grey, .rgb): mapPixels(to: .rgb) { $1 += repeatElement(pixels[$0], count: 3) }
        case (.grey, .rgba):
            mapPixels(to: .rgba) { i, target in
                target += repeatElement(pixels[i], count: 3)
                target.append(255)
            }
        case (.rgb, .rgba):
            mapPixels(to: .rgba) { i, target in
                target += pixels[3 * i..<3 * i + 3]
                target.append(255)
            }
        case (.rgba, .rgb): mapPixels(to: .rgb) { $1 += pixels[4 * $0..<4 * $0 + 3] }
        case (.rgb, .grey), (.rgba, .grey): mapPixels(to: .grey) { $1.append(luma(of: $0)) }
        }
    }

    /// How opaque each pixel is, in greys; nil where the picture has no alpha.
    public var alpha: Image? {
        guard channels == .rgba else { return nil }
        return mapPixels(to: .grey) { $1.append(pixels[4 * $0 + 3]) }
    }

    /// The brightness of pixel `i`, which has colours.
    private func luma(of i: Int) -> UInt8 {
        let start = i * channels.count
        // 0.299, 0.587 and 0.114 of 65536; they add up to 65536, so the result fits.
        let sum = 19595 * Int(pixels[start]) + 38470 * Int(pixels[start + 1]) + 7471 * Int(pixels[start + 2])
        return UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
    }
}
