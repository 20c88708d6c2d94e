import DaguerreTensors

/// The linear multistep method of Adams and Bashforth, up to fourth order, over unequal steps.
///
/// The slope is the polynomial in σ through the last slopes; the step is its integral.
///
/// Source: k-diffusion `sample_lms`; Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I", III.5.
struct LMSSampler: SigmaSampler {
    let evaluations: [Evaluation]
    let plan: SigmaPlan
    /// Slopes of the last steps, the latest first.
    private var slopes: [Tensor] = []

    private static let maximumOrder = 4

    init(_ plan: SigmaPlan) {
        self.plan = plan
        evaluations = plan.steps.map(plan.evaluation)
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let slope = try estimate(x, output: output, at: index, on: backend).remainingNoise.tensor(on: backend)
        slopes = [slope] + slopes.prefix(Self.maximumOrder - 1)
        let sigmas = plan.sigmas
        let nodes = slopes.indices.map { sigmas[index - $0] }
        var next = Combination(x)
        for (current, slope) in slopes.enumerated() {
            let weight = Self.integral(ofBasis: current, nodes: nodes, from: sigmas[index], to: sigmas[index + 1])
            next = next + weight * Combination(slope)
        }
        return try next.tensor(on: backend)
    }

    /// The integral of the Lagrange polynomial that is 1 at node `basis` and 0 at the others.
    ///
    /// Two Gauss points are exact up to the third degree.
    private static func integral(ofBasis basis: Int, nodes: [Double], from start: Double, to end: Double) -> Double {
        let (middle, half) = ((start + end) / 2, (end - start) / 2)
        let distance = half / 3.0.squareRoot()
        return half
            * [middle - distance, middle + distance].reduce(0) { sum, point in
                sum
                    + nodes.indices.reduce(1) { product, other in
                        other == basis ? product : product * (point - nodes[other]) / (nodes[basis] - nodes[other])
                    }
            }
    }
}
