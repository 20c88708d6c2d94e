extension Image {
    /// The picture blurred by a Gaussian bell of `sigma` pixels that is cut off `radius` pixels from its centre.
    ///
    /// Equals OpenCV 4.11.0's `cv2.GaussianBlur` of 8 bits with a kernel of `2 · radius + 1` to the bit: weights of 8
    /// bits, rounded once at the end, the picture mirrored at its edges without repeating the outermost pixels. A
    /// picture is left alone along an axis whose radius is 0.
    public func gaussianBlurred(sigmaX: Double, radiusX: Int, sigmaY: Double, radiusY: Int) -> Image {
        let (across, down) = (
            GaussianKernel(sigma: sigmaX, radius: radiusX), GaussianKernel(sigma: sigmaY, radius: radiusY)
        )
        let (channels, stride) = (channels.count, width * channels.count)
        let columns = mirrored(count: width, radius: radiusX)
        var blurredRows = [Int](repeating: 0, count: height * stride)
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<channels {
                    var sum = 0
                    for k in across.weights.indices {
                        sum += across.weights[k] * Int(pixels[y * stride + columns[x + k] * channels + c])
                    }
                    blurredRows[y * stride + x * channels + c] = sum
                }
            }
        }
        let rows = mirrored(count: height, radius: radiusY)
        var result = [UInt8](repeating: 0, count: height * stride)
        var sums = [Int](repeating: 0, count: stride)
        for y in 0..<height {
            for i in 0..<stride { sums[i] = 1 << (2 * GaussianKernel.fractionBits - 1) }
            for k in down.weights.indices {
                let (weight, source) = (down.weights[k], rows[y + k] * stride)
                for i in 0..<stride { sums[i] += weight * blurredRows[source + i] }
            }
            for i in 0..<stride { result[y * stride + i] = clampedToByte(sums[i] >> (2 * GaussianKernel.fractionBits)) }
        }
        return Image(width: width, height: height, channels: self.channels, pixels: result)
    }

    /// The picture blurred by `sigma` pixels both ways, over three times that on each side.
    ///
    /// Equals `cv2.GaussianBlur(image, (0, 0), sigma)` of 8 bits.
    public func gaussianBlurred(sigma: Double) -> Image {
        guard sigma > 0 else { return self }
        let size = Int((sigma * 3 * 2 + 1).rounded(.toNearestOrEven)) | 1
        return gaussianBlurred(sigmaX: sigma, radiusX: size / 2, sigmaY: sigma, radiusY: size / 2)
    }
}

/// The places `-radius ..< count + radius` of a row of `count` pixels that goes on as in a mirror: `2 1 | 0 1 2 | 1 0`.
func mirrored(count: Int, radius: Int) -> [Int] {
    guard count > 1 else { return [Int](repeating: 0, count: 1 + 2 * radius) }
    let period = 2 * (count - 1)
    return (-radius..<count + radius).map { place in
        let within = ((place % period) + period) % period
        return within < count ? within : period - within
    }
}
