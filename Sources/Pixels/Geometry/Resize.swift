extension Image {
    /// The picture in another size, at least 1 × 1, proportions not kept.
    ///
    /// Equals Pillow's to the bit: one axis after the other, 8 bits between them; where a picture becomes smaller, each
    /// new pixel takes in all that it covers; colours are multiplied with alpha meanwhile, so that what cannot be seen
    /// does not shine through. Source: Pillow 13.0.0 `Image.resize`.
    public func resized(width: Int, height: Int, filter: ResamplingFilter) -> Image {
        precondition(width > 0 && height > 0, "a picture has pixels")
        guard width != self.width || height != self.height else { return self }
        if filter == .nearest { return nearest(width: width, height: height) }
        guard channels == .rgba else { return resampled(width: width, height: height, filter) }
        return premultiplied().resampled(width: width, height: height, filter).unpremultiplied()
    }

    private func resampled(width: Int, height: Int, _ filter: ResamplingFilter) -> Image {
        // Rows first where that leaves clearly less to do for the columns: it decides what is rounded in between.
        let startsWithRows = self.height - height > 2 * max(self.width - width, 0)
        var picture = self
        if startsWithRows { picture = picture.resampledRows(to: height, filter) }
        if width != self.width { picture = picture.resampledColumns(to: width, filter) }
        if picture.height != height { picture = picture.resampledRows(to: height, filter) }
        return picture
    }

    private func resampledColumns(to width: Int, _ filter: ResamplingFilter) -> Image {
        let table = ResamplingWeights(filter, from: self.width, to: width)
        let (channels, weights) = (self.channels.count, table.weights)
        var result = [UInt8](repeating: 0, count: width * height * channels)
        for y in 0..<height {
            let row = y * self.width * channels
            for x in 0..<width {
                let (first, start) = table.starts[x]
                for c in 0..<channels {
                    var sum = half
                    var source = row + first * channels + c
                    for k in start..<start + table.counts[x] {
                        sum += Int(pixels[source]) * Int(weights[k])
                        source += channels
                    }
                    result[(y * width + x) * channels + c] = rounded(sum)
                }
            }
        }
        return Image(width: width, height: height, channels: self.channels, pixels: result)
    }

    private func resampledRows(to height: Int, _ filter: ResamplingFilter) -> Image {
        let table = ResamplingWeights(filter, from: self.height, to: height)
        let stride = width * channels.count
        var result = [UInt8](repeating: 0, count: height * stride)
        var sums = [Int](repeating: 0, count: stride)
        for y in 0..<height {
            let (first, start) = table.starts[y]
            for i in 0..<stride { sums[i] = half }
            for k in 0..<table.counts[y] {
                let weight = Int(table.weights[start + k])
                let source = (first + k) * stride
                for i in 0..<stride { sums[i] += Int(pixels[source + i]) * weight }
            }
            for i in 0..<stride { result[y * stride + i] = rounded(sums[i]) }
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }

    private var half: Int { 1 << (ResamplingWeights.fractionBits - 1) }

    private func rounded(_ sum: Int) -> UInt8 { clampedToByte(sum >> ResamplingWeights.fractionBits) }

    private func nearest(width: Int, height: Int) -> Image {
        let (columns, rows) = (places(from: self.width, to: width), places(from: self.height, to: height))
        var result: [UInt8] = []
        result.reserveCapacity(width * height * channels.count)
        for y in rows { for x in columns { result += self[x, y] } }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }

    /// The pixel under the centre of each new one.
    ///
    /// Adds up steps as Pillow's `ImagingScaleAffine` does, errors included.
    private func places(from count: Int, to target: Int) -> [Int] {
        let step = Double(count) / Double(target)
        var place = step * 0.5
        return (0..<target).map { _ in
            defer { place += step }
            return min(Int(place), count - 1)
        }
    }
}
