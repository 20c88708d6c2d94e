extension Image {
    /// Lines where an RGB picture is darker than its surroundings by more than half `threshold` in every colour.
    ///
    /// White on black, in greys. A difference of two Gaussian bells, of 0.5 and 5 pixels, that is cut hard. Source:
    /// Winnemöller et al., "XDoG: An eXtended difference-of-Gaussians compendium" (2012), equations 1 and 5.
    func scribbled(threshold: Double) -> Image {
        precondition(channels == .rgb, "colours")
        let (narrow, wide) = (bells(sigma: 0.5), bells(sigma: 5))
        return mapPixels(to: .grey) { i, target in
            let isLine = (3 * i..<3 * i + 3).allSatisfy { Double(wide[$0] - narrow[$0]) > threshold / 2 }
            target.append(isLine ? 255 : 0)
        }
    }

    /// The samples under a Gaussian bell of `sigma` pixels, four of them each way, not rounded.
    private func bells(sigma: Double) -> [Float] {
        let radius = Int((sigma * 4).rounded())
        let kernel = GaussianKernel.bell(sigma: sigma, radius: radius).map(Float.init)
        let (count, stride) = (channels.count, width * channels.count)
        let (columns, rows) = (mirrored(count: width, radius: radius), mirrored(count: height, radius: radius))
        var across = [Float](repeating: 0, count: pixels.count)
        for y in 0..<height {
            for x in 0..<width {
                for k in kernel.indices {
                    let (target, source) = (y * stride + x * count, y * stride + columns[x + k] * count)
                    for c in 0..<count { across[target + c] += kernel[k] * Float(pixels[source + c]) }
                }
            }
        }
        var result = [Float](repeating: 0, count: pixels.count)
        for y in 0..<height {
            for k in kernel.indices {
                let source = rows[y + k] * stride
                for i in 0..<stride { result[y * stride + i] += kernel[k] * across[source + i] }
            }
        }
        return result
    }
}
