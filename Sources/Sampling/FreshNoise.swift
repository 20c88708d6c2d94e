/// How much fresh noise a sampler adds, for those that add any: AUTOMATIC1111's `eta`, `s_churn`, `s_tmin`, `s_tmax` and
/// `s_noise`.
public struct FreshNoise: Sendable, Equatable {
    /// The share of a step's noise that is fresh, from 0 (none); `nil` is the sampler's own: 1 for the ancestral and the
    /// stochastic ones, 0.3 for TCD, 0 for DDIM.
    public var eta: Double?
    /// How far Euler, Heun and DPM2 go back before each step, over all steps (arXiv 2206.00364, algorithm 2).
    public var churn = 0.0
    /// The noise levels between which they do.
    public var minimumSigma = 0.0, maximumSigma = Double.infinity
    /// What all fresh noise is multiplied by.
    public var scale = 1.0

    /// What each sampler adds by itself.
    public init() {}

    /// - Throws: ``SamplingError/outOfRange(_:value:expected:)`` for a number that is none or out of range.
    func validate() throws(SamplingError) {
        func require(_ field: String, _ value: Double, _ isValid: Bool) throws(SamplingError) {
            guard isValid else { throw .outOfRange(field, value: value, expected: "a number from 0 to 100") }
        }
        if let eta { try require("eta", eta, 0...100 ~= eta) }
        try require("s_churn", churn, 0...100 ~= churn)
        try require("s_noise", scale, 0...100 ~= scale)
        guard minimumSigma >= 0 else {
            throw .outOfRange("s_tmin", value: minimumSigma, expected: "a number from 0")
        }
        guard maximumSigma >= 0 else {
            throw .outOfRange("s_tmax", value: maximumSigma, expected: "a number from 0")
        }
    }
}

/// One step past the next noise level, and the fresh noise that leads back up to it.
///
/// Source: k-diffusion `get_ancestral_step`.
struct AncestralStep {
    /// The level to step to, and the deviation of the noise to add there.
    let down, up: Double

    init(from sigma: Double, to next: Double, eta: Double) {
        let full = next * max(1 - next * next / (sigma * sigma), 0).squareRoot()
        up = min(next, eta * full)
        down = max(next * next - up * up, 0).squareRoot()
    }
}
