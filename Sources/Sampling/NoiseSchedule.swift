import Glibc

/// The noise levels that a model was trained on, one for each training timestep.
///
/// The values are those of diffusers to the bit where its arithmetic is in float32: near timestep 0 the noise is the
/// small difference of two such numbers, and its last bits show in the image.
struct NoiseSchedule: Sendable {
    /// Power of the signal at each timestep, `alphas_cumprod`.
    let signalPowers: [Float]
    /// Ratio of noise to signal at each timestep, rising.
    let sigmas: [Float]
    private let logSigmas: [Float]

    init(_ configuration: SamplerConfiguration) {
        var betas = configuration.trainedBetas.map { $0.map { Float($0) } } ?? Self.betas(configuration)
        if configuration.rescalesBetasToZeroSNR { betas = Self.rescaledToZeroSNR(betas) }
        var powers = Self.cumulativeProducts(betas.map { 1 - $0 })
        // Samplers over sigmas keep the last one finite.
        if configuration.rescalesBetasToZeroSNR, configuration.stepsOverSigmas {
            powers[powers.count - 1] = 0x1p-24
        }
        signalPowers = powers
        sigmas = powers.map { ((1 - $0) / $0).squareRoot() }
        logSigmas = sigmas.map { Float(log(Double($0))) }
    }

    /// Timesteps of training.
    var count: Int { signalPowers.count }

    /// The ratio of noise to signal between timesteps; beyond the ends, theirs.
    func sigma(at timestep: Double) -> Double {
        guard timestep > 0 else { return Double(sigmas[0]) }
        let lower = Int(timestep)
        guard lower < count - 1 else { return Double(sigmas[count - 1]) }
        let (low, high) = (Double(sigmas[lower]), Double(sigmas[lower + 1]))
        return (high - low) * (timestep - Double(lower)) + low
    }

    /// The ratio of noise to signal between timesteps, along the logarithm, as k-diffusion has it; beyond the ends, theirs.
    func logInterpolatedSigma(at timestep: Double) -> Double {
        guard timestep > 0 else { return Double(sigmas[0]) }
        let lower = Int(timestep)
        guard lower < count - 1 else { return Double(sigmas[count - 1]) }
        let weight = Float(timestep - Double(lower))
        guard weight > 0 else { return Double(sigmas[lower]) }
        return Double(Float(exp(Double((1 - weight) * logSigmas[lower] + weight * logSigmas[lower + 1]))))
    }

    /// The timestep, in general between two of training, at which noise and signal have the ratio `sigma`.
    ///
    /// Logarithms are compared in float32, as NumPy 1 does: so the last level is the last timestep, not just before it.
    func timestep(ofSigma sigma: Double) -> Double {
        guard count > 1 else { return 0 }
        let logSigma = Float(log(max(sigma, 1e-10)))
        let lower = min(max((logSigmas.firstIndex { $0 > logSigma } ?? count) - 1, 0), count - 2)
        let (low, high) = (logSigmas[lower], logSigmas[lower + 1])
        let weight = min(max((low - logSigma) / (low - high), 0), 1)
        return Double(1 - weight) * Double(lower) + Double(weight) * Double(lower + 1)
    }

    /// Timesteps whose ``NoiseLevel/logSNR`` is not below `minimum`, counted from the first.
    func count(whereLogSNRIsAtLeast minimum: Double) -> Int {
        count
            - signalPowers.count { power in
                Double(log(power.squareRoot()) - log((1 - power).squareRoot())) < minimum
            }
    }

    // MARK: Betas

    private static func betas(_ configuration: SamplerConfiguration) -> [Float] {
        let count = configuration.trainTimesteps
        let (start, end) = (configuration.betaStart, configuration.betaEnd)
        switch configuration.betaSchedule {
        case .linear: return line(from: start, to: end, count: count)
        case .scaledLinear:
            return line(from: start.squareRoot(), to: end.squareRoot(), count: count).map { $0 * $0 }
        case .sigmoid:
            return line(from: -6, to: 6, count: count).map { 1 / (1 + exp(-$0)) * Float(end - start) + Float(start) }
        case .squaredCosine:
            return betas(count) { time in
                let cosine = cos((time + 0.008) / 1.008 * .pi / 2)
                return cosine * cosine
            }
        case .exponential: return betas(count) { exp($0 * -12) }
        case .laplace:
            return betas(count) { time in
                let sign = time <= 0.5 ? 1.0 : -1.0
                let ratio = exp(-0.5 * sign * log(1 - 2 * abs(0.5 - time) + 1e-6))
                return (ratio / (1 + ratio)).squareRoot()
            }
        }
    }

    /// The betas that let the power of the signal fall as `power` of the time from 0 to 1; at most 0.999.
    private static func betas(_ count: Int, power: (Double) -> Double) -> [Float] {
        (0..<count).map { i in
            let ratio = power(Double(i + 1) / Double(count)) / power(Double(i) / Double(count))
            return Float(min(1 - ratio, 0.999))
        }
    }

    /// `count` numbers at equal distances, rounded as torch's `linspace` rounds them: from the nearer end.
    static func line(from start: Double, to end: Double, count: Int) -> [Float] {
        guard count > 1 else { return [Float(start)] }
        let (start, end) = (Float(start), Float(end))
        let step = (end - start) / Float(count - 1)
        return (0..<count).map { i in
            i < count / 2
                ? start.addingProduct(step, Float(i)) : end.addingProduct(-step, Float(count - 1 - i))
        }
    }

    private static func cumulativeProducts(_ factors: [Float]) -> [Float] {
        var product = 1.0
        return factors.map { factor in
            product *= Double(factor)
            return Float(product)
        }
    }

    /// Shifts and stretches the signal so that the first timestep keeps its own and the last has none.
    ///
    /// Source: Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed" (arXiv 2305.08891),
    /// algorithm 1.
    private static func rescaledToZeroSNR(_ betas: [Float]) -> [Float] {
        let signals = cumulativeProducts(betas.map { 1 - $0 }).map { $0.squareRoot() }
        guard let first = signals.first, let last = signals.last, signals.count > 1 else { return betas }
        let powers = signals.map { signal in
            let rescaled = (signal - last) * (first / (first - last))
            return rescaled * rescaled
        }
        return [1 - powers[0]] + zip(powers.dropFirst(), powers).map { 1 - $0 / $1 }
    }
}
