import DaguerreReference
import DaguerreSampling
import DaguerreTensors
import FoundationEssentials
import TestSupport
import Testing

/// Fixtures: scripts/fixtures/solvers.py; k-diffusion 0.1.1.post1 over torchsde 0.2.6, NumPy.
@Suite struct BrownianTreeTests {
    private struct Motion: Decodable {
        let seed: String
        let shape: [Int]
        let low, high: Double
        let queries: [[Double]]
        let values: Data
    }

    private struct Seeds: Decodable {
        let entropy: String
        let key: [String]
        let pool: Int
        let seeds: [UInt32]
    }

    private func decode<Value: Decodable>(_ name: String) throws -> Value {
        try JSONDecoder().decode(
            Value.self, from: Data(contentsOf: URL(filePath: Fixture.path("solvers/\(name).json"))))
    }

    @Test func theTreeHasTheNumbersOfTorchsde() throws {
        let motions: [Motion] = try decode("brownian")
        #expect(motions.count == 15)
        for motion in motions {
            var stream = NoiseStream(.torch, seed: try #require(UInt64(motion.seed)))
            let range = BrownianRange(low: motion.low, high: motion.high)
            let count = motion.shape.reduce(1, *)
            let expected = floats(motion.values)
            for (index, query) in motion.queries.enumerated() {
                let shape: Shape = [1, motion.shape[2], motion.shape[3], motion.shape[1]]
                let actual = stream.brownian(shape, from: query[0], to: query[1], in: range)
                let part = Array(expected[index * count..<(index + 1) * count])
                // The tree's numbers are torchsde's to the bit; the division by the root of the distance is in float64
                // there.
                expectClose(
                    actual, nhwc(HostTensor(part, shape: Shape(motion.shape))),
                    .elementwise(absolute: 1e-6, relative: 1e-6), "seed \(motion.seed), \(query)")
            }
        }
    }

    @Test func seedsAreSpreadAsNumPyDoes() throws {
        let cases: [Seeds] = try decode("seed-sequences")
        #expect(cases.count == 75)
        for sample in cases {
            let seeds = SeedSequence(
                entropy: try #require(UInt64(sample.entropy)), spawnKey: sample.key.compactMap { UInt64($0) },
                poolSize: sample.pool
            ).seeds(30)
            #expect([0, 1, 2, 3, 23, 24, 29].map { seeds[$0] } == sample.seeds, "\(sample.entropy) \(sample.key)")
        }
    }

    /// Python 3.11: `round(value, 6)`.
    @Test(
        arguments: [
            (0.5000005, 0.5), (1.0000015, 1.000001), (2.5000025, 2.500002), (14.6146491, 14.614649),
            (0.0291671586, 0.029167), (4096.00000050001, 4096.000001), (3.1415925, 3.141592), (0, 0),
            (1e-7, 0), (5e-7, 0), (5.000001e-7, 1e-6), (1e300, 1e300), (-1.0000015, -1.000001),
        ])
    func timesAreRoundedAsPythonDoes(_ value: Double, _ expected: Double) {
        #expect(BrownianTree.rounded(value) == expected)
    }

    @Test(arguments: RandomSource.allCases)
    func theMotionIsOneWhateverIsAskedFirst(_ source: RandomSource) {
        let range = BrownianRange(low: 0.03, high: 14.6)
        var tree = BrownianTree(source, seed: 9, count: 5, range: range)
        let whole = tree.increment(from: 14.6, to: 0.03)
        let parts = [14.6, 7, 2.25, 0.3, 0.03]
        var sum = Array(repeating: Float(0), count: 5)
        for (a, b) in zip(parts, parts.dropFirst()) {
            sum = zip(sum, tree.increment(from: a, to: b)).map { $0 + $1 }
        }
        #expect(zip(whole, sum).allSatisfy { abs($0 - $1) < 1e-5 })
        var another = BrownianTree(source, seed: 9, count: 5, range: range)
        #expect(another.increment(from: 2.25, to: 0.3) == tree.increment(from: 2.25, to: 0.3))
        #expect(another.increment(from: 0.3, to: 2.25) == tree.increment(from: 2.25, to: 0.3).map { -$0 })
    }

    /// Increments over disjoint stretches are normal numbers that know nothing of each other.
    @Test func incrementsAreNormalAndIndependent() {
        var stream = NoiseStream(.philox, seed: 3)
        let range = BrownianRange(low: 0, high: 8)
        let shape: Shape = [1, 64, 64, 1]
        let (first, second) = (
            stream.brownian(shape, from: 7, to: 3, in: range).floats,
            stream.brownian(shape, from: 3, to: 2.9, in: range).floats
        )
        func moment(_ products: [Float]) -> Double { products.reduce(0) { $0 + Double($1) } / Double(products.count) }
        #expect(abs(moment(first)) < 0.06 && abs(moment(second)) < 0.06)
        #expect(abs(moment(first.map { $0 * $0 }) - 1) < 0.1 && abs(moment(second.map { $0 * $0 }) - 1) < 0.1)
        #expect(abs(moment(zip(first, second).map { $0 * $1 })) < 0.06)
    }

    @Test(arguments: RandomSource.allCases)
    func theMotionTakesNothingFromTheStream(_ source: RandomSource) {
        let range = BrownianRange(low: 0.1, high: 10)
        var (plain, stream) = (NoiseStream(source, seed: 5), NoiseStream(source, seed: 5))
        _ = stream.brownian([1, 3, 5, 4], from: 10, to: 2, in: range)
        #expect(stream.next([1, 3, 5, 4]).floats == plain.next([1, 3, 5, 4]).floats)
    }

    @Test(
        arguments: [
            (Double.nan, 1.0), (1, .nan), (.infinity, 0), (-.infinity, .infinity), (1e300, -1e300), (5, 5), (0.5, 0.2),
        ])
    func noQueryTraps(_ from: Double, _ to: Double) {
        for range in [
            BrownianRange(low: 0.1, high: 10), BrownianRange(low: .nan, high: 3), BrownianRange(low: 3, high: 1),
            BrownianRange(low: 0, high: .infinity), BrownianRange(low: 0, high: 1e300), BrownianRange(low: 1, high: 1),
        ] {
            var stream = NoiseStream(.torch, seed: 1)
            #expect(stream.brownian([1, 1, 1, 3], from: from, to: to, in: range).floats.count == 3)
        }
    }
}
