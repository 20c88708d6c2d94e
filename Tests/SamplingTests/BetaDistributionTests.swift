import DaguerreSampling
import Testing

@Suite struct BetaDistributionTests {
    /// `scipy.stats.beta.ppf(p, 0.6, 0.6)` of scipy 1.17.1.
    @Test(arguments: [
        (0.0, 0.0),
        (0.001, 1.855873851745199e-05),
        (0.0526315789, 0.013671081544033176),
        (0.25, 0.17568037865269498),
        (0.5, 0.5000000000000001),
        (0.6, 0.6372990092467856),
        (0.9473684211, 0.9863289184559668),
        (0.999, 0.9999814412614826),
        (1.0, 1.0),
    ])
    func quantilesAreThoseOfSciPy(_ probability: Double, _ quantile: Double) {
        let distribution = BetaDistribution(alpha: 0.6, beta: 0.6)
        #expect(abs(distribution.quantile(probability) - quantile) <= 1e-12 * max(quantile, 1e-3))
    }

    @Test func theUniformDistributionIsTheIdentity() {
        let uniform = BetaDistribution(alpha: 1, beta: 1)
        for probability in [0, 0.125, 0.5, 0.75, 1] {
            #expect(abs(uniform.quantile(probability) - probability) <= 1e-14)
        }
    }

    @Test func skewedDistributionsMirrorEachOther() {
        let left = BetaDistribution(alpha: 0.5, beta: 3)
        let right = BetaDistribution(alpha: 3, beta: 0.5)
        for x in [0.01, 0.3, 0.5, 0.9, 0.99] {
            #expect(abs(left.cumulative(x) + right.cumulative(1 - x) - 1) <= 1e-14)
        }
    }
}
