extension Image {
    /// Edges: white lines, one pixel wide, on black, in greys.
    ///
    /// Equals OpenCV 4.11.0's `cv2.Canny(image, low, high)` to the bit: derivatives over 3 × 3 pixels with the picture's
    /// outermost pixels repeated, of the channel where they are largest; absolute values added; ridges across four
    /// directions; lines begin where a ridge exceeds `high` and go on while it exceeds `low`. The two may be exchanged.
    ///
    /// Source: Canny, "A computational approach to edge detection" (1986).
    public func cannyEdges(low: Double, high: Double) -> Image {
        let (low, high) = (min(low, high).rounded(.down), max(low, high).rounded(.down))
        let slopes = Slopes(of: self)
        var classes = slopes.ridges(low: Int(low), high: Int(high))
        // Lines go on from where they begin, to any of the eight neighbours.
        var ends = classes.indices.filter { classes[$0] == .edge }
        while let end = ends.popLast() {
            let (x, y) = (end % width, end / width)
            for row in max(y - 1, 0)...min(y + 1, height - 1) {
                for column in max(x - 1, 0)...min(x + 1, width - 1) where classes[row * width + column] == .candidate {
                    classes[row * width + column] = .edge
                    ends.append(row * width + column)
                }
            }
        }
        return Image(width: width, height: height, channels: .grey, pixels: classes.map { $0 == .edge ? 255 : 0 })
    }
}

/// What a pixel is on the way to edges.
private enum EdgeClass: UInt8 {
    case nothing, candidate, edge
}

/// How steep a picture is at each pixel.
private struct Slopes {
    let width, height: Int
    /// Derivatives along rows and columns, times 8, of the channel where they are largest together.
    private(set) var dx: [Int32], dy: [Int32]

    init(of image: Image) {
        width = image.width
        height = image.height
        dx = [Int32](repeating: 0, count: width * height)
        dy = dx
        let (pixels, count) = (image.pixels, image.channels.count)
        for y in 0..<height {
            let (above, below) = (max(y - 1, 0) * width, min(y + 1, height - 1) * width)
            for x in 0..<width {
                let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
                var largest: Int32 = -1
                for c in 0..<count {
                    func at(_ row: Int, _ column: Int) -> Int32 { Int32(pixels[(row + column) * count + c]) }
                    let (a, b) = (at(above, left), at(above, right))
                    let (d, e) = (at(below, left), at(below, right))
                    let across = b + 2 * at(y * width, right) + e - a - 2 * at(y * width, left) - d
                    let down = d + 2 * at(below, x) + e - a - 2 * at(above, x) - b
                    guard abs(across) + abs(down) > largest else { continue }
                    largest = abs(across) + abs(down)
                    (dx[y * width + x], dy[y * width + x]) = (across, down)
                }
            }
        }
    }

    /// Pixels steeper than `low` that are the steepest across their edge; edges already where steeper than `high`.
    func ridges(low: Int, high: Int) -> [EdgeClass] {
        var classes = [EdgeClass](repeating: .nothing, count: dx.count)
        for y in 0..<height {
            for x in 0..<width {
                let i = y * width + x
                let steepness = Int(abs(dx[i]) + abs(dy[i]))
                guard steepness > low, isRidge(x, y, steepness) else { continue }
                classes[i] = steepness > high ? .edge : .candidate
            }
        }
        return classes
    }

    /// Whether pixel `x, y` is as steep as both its neighbours across the edge, and steeper than one.
    private func isRidge(_ x: Int, _ y: Int, _ steepness: Int) -> Bool {
        let (across, down) = (Int(dx[y * width + x]), Int(dy[y * width + x]))
        // The tangents of 22.5° and 67.5° (that plus 2) in 15 bits of fraction.
        let flat = abs(across) * 13573
        let steep = flat + (abs(across) << 16)
        let rise = abs(down) << 15
        if rise < flat {
            return steepness > self.steepness(x - 1, y) && steepness >= self.steepness(x + 1, y)
        }
        if rise > steep {
            return steepness > self.steepness(x, y - 1) && steepness >= self.steepness(x, y + 1)
        }
        let side = (across ^ down) < 0 ? -1 : 1
        return steepness > self.steepness(x - side, y - 1) && steepness > self.steepness(x + side, y + 1)
    }

    /// How steep pixel `x, y` is; beyond the picture, not at all.
    private func steepness(_ x: Int, _ y: Int) -> Int {
        guard x >= 0, y >= 0, x < width, y < height else { return 0 }
        return Int(abs(dx[y * width + x]) + abs(dy[y * width + x]))
    }
}
