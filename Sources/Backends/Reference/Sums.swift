/// Sums in double, one for each output of a matrix product.
struct Sums {
    private(set) var values: [Double]

    /// So many sums.
    init(count: Int) {
        values = [Double](repeating: 0, count: count)
    }

    /// Starts every sum at its bias.
    mutating func start(at bias: [Float]) {
        for i in values.indices { values[i] = Double(bias[i]) }
    }

    /// Starts every sum at zero.
    mutating func startAtZero() {
        for i in values.indices { values[i] = 0 }
    }

    /// Adds `factor · row`, where the row starts at `start` in `matrix`.
    mutating func add(_ factor: Double, times matrix: [Float], from start: Int) {
        precondition(start + values.count <= matrix.count, "the row lies inside the matrix")
        values.withUnsafeMutableBufferPointer { sums in
            matrix.withUnsafeBufferPointer { matrix in
                for i in 0..<sums.count { sums[i] += factor * Double(matrix[start + i]) }
            }
        }
    }
}
