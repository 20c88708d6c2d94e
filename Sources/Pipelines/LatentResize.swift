package import DaguerreTensors

extension HostTensor {
    /// Latents `[N, H, W, C]` in another size: `[N, height, width, C]`.
    package func resized(height: Int, width: Int, _ filter: LatentFilter) -> HostTensor {
        let rows = filter.weights(shape[1], to: height)
        let columns = filter.weights(shape[2], to: width)
        let (oldWidth, channels) = (shape[2], shape[3])
        let source = floats
        var values = [Float](repeating: 0, count: shape[0] * height * width * channels)
        guard !source.isEmpty else { return HostTensor(values, shape: [shape[0], height, width, channels]) }
        for sample in 0..<shape[0] {
            // One axis after the other: rows of the new height, of the old width.
            var between = [Float](repeating: 0, count: height * oldWidth * channels)
            for (row, weights) in rows.enumerated() {
                for (index, weight) in weights {
                    let start = (sample * shape[1] + index) * oldWidth * channels
                    for i in 0..<oldWidth * channels {
                        between[row * oldWidth * channels + i] += weight * source[start + i]
                    }
                }
            }
            for row in 0..<height {
                for (column, weights) in columns.enumerated() {
                    for (index, weight) in weights {
                        for channel in 0..<channels {
                            values[((sample * height + row) * width + column) * channels + channel] +=
                                weight * between[(row * oldWidth + index) * channels + channel]
                        }
                    }
                }
            }
        }
        return HostTensor(values, shape: [shape[0], height, width, channels])
    }
}
