import DaguerrePipelines
import Testing

@Suite struct LeastSquaresTests {
    private static let map = [[2.0, -1], [0.5, 3], [-7, 4]]

    private func outputs(_ input: [Double]) -> [Double] {
        (0..<2).map { output in zip(input, Self.map).reduce(0) { $0 + $1.0 * $1.1[output] } }
    }

    @Test func aLinearMapIsFound() {
        var fit = LeastSquares(inputCount: 3, outputCount: 2)
        for i in 0..<12 {
            let input = [Double(i % 5) - 2, Double(i * i % 7), 1]
            fit.observe(input, outputs(input))
        }
        for (row, expected) in zip(fit.solution, Self.map) {
            for (found, expected) in zip(row, expected) { #expect(abs(found - expected) < 1e-5) }
        }
    }

    /// The second input is always twice the first, the third always zero.
    @Test func whatIsNotDeterminedStaysFinite() {
        var fit = LeastSquares(inputCount: 3, outputCount: 2)
        for i in 1..<6 { fit.observe([Double(i), Double(2 * i), 0], [Double(5 * i), 0]) }
        let solution = fit.solution
        for number in solution.joined() { #expect(number.isFinite) }
        #expect(abs(solution[0][0] + 2 * solution[1][0] - 5) < 1e-5)
        #expect(LeastSquares(inputCount: 2, outputCount: 1).solution == [[0], [0]])
    }
}
