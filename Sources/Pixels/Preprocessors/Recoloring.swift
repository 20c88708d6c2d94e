import Glibc

extension Image {
    /// How light each pixel of an RGB picture looks: L* of CIELAB (D65), 0 to 100 spread over 0 to 255, in greys.
    ///
    /// Equals the first channel of OpenCV 4.11.0's `cvtColor(…, COLOR_RGB2LAB)` of 8 bits to the bit: linear light has 11
    /// bits, the cube root 15.
    var lightness: Image {
        precondition(channels == .rgb, "colours")
        return mapPixels(to: .grey) { i, target in
            let light = (0..<3).map { Int(LightnessTables.linear[Int(pixels[3 * i + $0])]) }
            // Y of sRGB's primaries, in 12 bits of fraction: 0.212671, 0.715160, 0.072169.
            let luminance = (871 * light[0] + 2929 * light[1] + 296 * light[2] + (1 << 11)) >> 12
            let root = Int(LightnessTables.root[luminance])
            // 116 · root - 16, times 255 / 100.
            target.append(clampedToByte((296 * root - 1_336_934 + (1 << 14)) >> 15))
        }
    }

    /// The brightest of the three colours of each pixel of an RGB picture, in greys: V of HSV.
    var brightest: Image {
        precondition(channels == .rgb, "colours")
        return mapPixels(to: .grey) { i, target in
            target.append(max(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]))
        }
    }

    /// The samples from 0 to 1, raised to `exponent`; 1 leaves them.
    func raised(to exponent: Double) -> Image {
        let table = (0...255).map { UInt8((255 * pow(Double($0) / 255, exponent)).rounded()) }
        return Image(width: width, height: height, channels: channels, pixels: pixels.map { table[Int($0)] })
    }
}

/// What OpenCV looks up to compute lightness in whole numbers.
private enum LightnessTables {
    /// Bits of fraction of linear light beyond 255.
    static let lightBits = 3

    /// Linear light of each sRGB sample, 255 · 8 for white.
    static let linear: [UInt16] = (0...255).map { sample in
        let x = Double(sample) / 255
        let light = x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4)
        return UInt16((light * Double(255 << lightBits)).rounded(.toNearestOrEven))
    }

    /// f(Y / Yn) of CIELAB for each linear light, 15 bits of fraction.
    static let root: [UInt16] = (0...255 << lightBits).map { light in
        let y = Double(light) / Double(255 << lightBits)
        let root = y < 216.0 / 24389 ? y * 841 / 108 + 16.0 / 116 : cbrt(y)
        return UInt16((root * Double(1 << 15)).rounded(.toNearestOrEven))
    }
}
