public import DaguerreTensors

extension ReferenceBackend {
    /// Pixel (y, x) of the result is pixel (rows[y] mod H, columns[x] mod W) of `x`.
    public func periodicWindow(_ x: Tensor, rows: Range<Int>, columns: Range<Int>) throws -> Tensor {
        precondition(x.shape.rank == 4 && x.shape[1] > 0 && x.shape[2] > 0, "x is [N, H, W, C], H and W at least 1")
        let input = try values(x, "periodicWindow")
        let (height, width, channels) = (x.shape[1], x.shape[2], x.shape.channels)
        let shape: Shape = [x.shape[0], rows.count, columns.count, channels]
        return try tensor(shape) { out in
            for (pixel, position) in positions(shape).enumerated() {
                let row = residue(rows.lowerBound + position.y, height)
                let column = residue(columns.lowerBound + position.x, width)
                let source = ((position.n * height + row) * width + column) * channels
                for c in 0..<channels { out[pixel * channels + c] = input[source + c] }
            }
        }
    }

    /// `i` mod `n`, never negative.
    private func residue(_ i: Int, _ n: Int) -> Int {
        let remainder = i % n
        return remainder < 0 ? remainder + n : remainder
    }
}
