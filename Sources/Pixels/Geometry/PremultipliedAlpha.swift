extension Image {
    /// RGBA with the colours multiplied by alpha.
    ///
    /// Source: Pillow Convert.c `rgbA2rgba`, to the bit.
    func premultiplied() -> Image {
        mapPixels(to: .rgba) { i, target in
            let alpha = pixels[4 * i + 3]
            for c in 0..<3 { target.append(clampedToByte(dividedBy255(Int(pixels[4 * i + c]) * Int(alpha)))) }
            target.append(alpha)
        }
    }

    /// RGBA whose colours were multiplied by alpha, divided by it.
    ///
    /// Source: Pillow Convert.c `rgba2rgbA`, to the bit.
    func unpremultiplied() -> Image {
        mapPixels(to: .rgba) { i, target in
            let alpha = pixels[4 * i + 3]
            for c in 0..<3 {
                let value = pixels[4 * i + c]
                target.append(alpha == 0 || alpha == 255 ? value : clampedToByte(255 * Int(value) / Int(alpha)))
            }
            target.append(alpha)
        }
    }
}
