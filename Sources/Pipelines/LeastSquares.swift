/// The linear map that comes nearest to what was observed, in the sense of least squares.
package struct LeastSquares {
    /// Sums over the observations: inputs with inputs, and inputs with outputs.
    private var products: [[Double]]
    private var targets: [[Double]]

    /// A map from `inputCount` numbers to `outputCount`.
    package init(inputCount: Int, outputCount: Int) {
        products = Array(repeating: Array(repeating: 0, count: inputCount), count: inputCount)
        targets = Array(repeating: Array(repeating: 0, count: outputCount), count: inputCount)
    }

    /// Notes that `input` gave `output`.
    package mutating func observe(_ input: [Double], _ output: [Double]) {
        for (i, value) in input.enumerated() {
            for (j, other) in input.enumerated() { products[i][j] += value * other }
            for (j, other) in output.enumerated() { targets[i][j] += value * other }
        }
    }

    /// For each input, what it adds to each output; inputs that say nothing new add next to nothing.
    ///
    /// Solves the normal equations by elimination, after a little is added to their diagonal, so that they have one
    /// solution whatever was observed.
    package var solution: [[Double]] {
        var (rows, results) = (products, targets)
        let trace = rows.indices.reduce(0) { $0 + rows[$1][$1] }
        for i in rows.indices { rows[i][i] += Self.regularization * trace + .leastNormalMagnitude }
        // They are symmetric and positive definite: no pivot is zero.
        for i in rows.indices {
            for j in rows.indices where j != i {
                let factor = rows[j][i] / rows[i][i]
                for k in rows.indices { rows[j][k] -= factor * rows[i][k] }
                for k in results[j].indices { results[j][k] -= factor * results[i][k] }
            }
        }
        return results.enumerated().map { i, row in row.map { $0 / rows[i][i] } }
    }

    private static let regularization = 1e-9
}
