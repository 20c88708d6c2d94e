extension Image {
    /// The picture with what `mask` covers filled from around it, the smoother the farther from known pixels.
    ///
    /// What the mask leaves out stays to the bit; where it covers a little, the filling shows a little. The known pixels
    /// are averaged into smaller and smaller pictures until nothing is missing, and what is missing in each is taken
    /// from the next smaller one. Where the mask covers all, the picture stays.
    ///
    /// Source: Gortler et al., "The Lumigraph" (1996), section 3.4, pull and push.
    public func smoothlyFilled(where mask: Image) -> Image {
        precondition(mask.channels == .grey && mask.width == width && mask.height == height, "a mask of its size")
        guard mask.pixels.contains(where: { $0 < 255 }) else { return self }
        let filled = Pyramid(of: self, known: mask.inverted).filled
        let result = pixels.indices.map { i in
            let color = min(max(filled[i], 0), 255).rounded()
            return mask.pixels[i / channels.count] == 0 ? pixels[i] : UInt8(color)
        }
        return Image(width: width, height: height, channels: channels, pixels: result)
    }
}

/// A picture of which some is known, in its own size and in ever smaller ones.
private struct Pyramid {
    /// One size: colours as far as they are known, and how well they are, from 0 to 1.
    private struct Level {
        let width, height: Int
        /// `width · height · channels` samples, each times its weight.
        var colors: [Float]
        var weights: [Float]
    }

    private let channels: Int
    private var levels: [Level]

    init(of image: Image, known: Image) {
        channels = image.channels.count
        let weights = known.pixels.map { Float($0) / 255 }
        let colors = image.pixels.indices.map { Float(image.pixels[$0]) * weights[$0 / image.channels.count] }
        levels = [Level(width: image.width, height: image.height, colors: colors, weights: weights)]
        while let last = levels.last, last.width > 1 || last.height > 1 { levels.append(halved(last)) }
        // Something is known, so the last pixel can be.
        if let weight = levels.last?.weights.first, weight > 0 {
            levels[levels.count - 1].colors = levels[levels.count - 1].colors.map { $0 / weight }
            levels[levels.count - 1].weights = [1]
        }
    }

    /// Every sample of the largest size: known, or taken from a smaller one.
    var filled: [Float] {
        var below: (level: Level, colors: [Float])?
        for level in levels.reversed() {
            var colors = level.colors
            for y in 0..<level.height {
                for x in 0..<level.width {
                    let i = y * level.width + x
                    let missing = 1 - level.weights[i]
                    guard missing > 0, let below else { continue }
                    for c in 0..<channels {
                        colors[i * channels + c] += missing * sample(below.colors, below.level, x, y, c)
                    }
                }
            }
            below = (level, colors)
        }
        return below?.colors ?? []
    }

    /// Half the size: the sums over two by two pixels, as if more were not known than one pixel can.
    private func halved(_ level: Level) -> Level {
        let (width, height) = ((level.width + 1) / 2, (level.height + 1) / 2)
        var half = Level(
            width: width, height: height, colors: [Float](repeating: 0, count: width * height * channels),
            weights: [Float](repeating: 0, count: width * height))
        for y in 0..<level.height {
            for x in 0..<level.width {
                let (source, target) = (y * level.width + x, y / 2 * width + x / 2)
                half.weights[target] += level.weights[source]
                for c in 0..<channels { half.colors[target * channels + c] += level.colors[source * channels + c] }
            }
        }
        for i in half.weights.indices where half.weights[i] > 1 {
            for c in 0..<channels { half.colors[i * channels + c] /= half.weights[i] }
            half.weights[i] = 1
        }
        return half
    }

    /// The sample of `colors`, of half the size, under the centre of pixel `x, y`, between the four nearest.
    private func sample(_ colors: [Float], _ level: Level, _ x: Int, _ y: Int, _ c: Int) -> Float {
        func neighbours(_ place: Int, _ count: Int) -> (near: Int, far: Int) {
            (place / 2, min(max(place / 2 + (place % 2 == 0 ? -1 : 1), 0), count - 1))
        }
        let (across, down) = (neighbours(x, level.width), neighbours(y, level.height))
        func at(_ x: Int, _ y: Int) -> Float { colors[(y * level.width + x) * channels + c] }
        let near = 0.75 * at(across.near, down.near) + 0.25 * at(across.far, down.near)
        let far = 0.75 * at(across.near, down.far) + 0.25 * at(across.far, down.far)
        return 0.75 * near + 0.25 * far
    }
}
