import DaguerreTensors
import Glibc

/// UniPC: a multistep predictor, and a corrector of one order more that needs no further evaluation of the model.
///
/// Source: Zhao et al., "UniPC" (arXiv 2302.04867), algorithms 1 and 2, equations 3 and 5 to 9.
struct UniPCSampler: Sampler {
    let evaluations: [Evaluation]
    let initialNoiseScale = 1.0
    let prediction: Prediction
    /// The level before each step, and the last one's result.
    private let levels: [NoiseLevel]
    private let options: SamplerConfiguration.MultistepOptions
    /// Estimates of the last steps, the latest first: of clean latents or of noise.
    private var past: [Tensor] = []
    /// The corrected latents before the last step.
    private var corrected: Tensor?

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) {
        let path = SigmaPath.spanningSchedule(configuration, schedule, stepCount: stepCount)
        evaluations = path.evaluations(NoiseLevel.preserving(sigma:))
        levels = path.sigmas.map(NoiseLevel.preserving(sigma:))
        // A limit is set on clean latents, and solving for the noise does not see them.
        let limits = configuration.multistep.predictsDenoised
        prediction = Prediction(type: configuration.predictionType, limit: limits ? configuration.limit : .none)
        options = configuration.multistep
    }

    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let estimate = try estimate(x, output: output, at: index, on: backend)
        let integrand = try (options.predictsDenoised ? estimate.denoised : estimate.noise).tensor(on: backend)
        var x = x
        if let start = corrected, !options.uncorrectedSteps.contains(index - 1) {
            x = try step(index - 1, from: start, order: order(at: index - 1), correctedBy: integrand)
                .tensor(on: backend)
        }
        past = [integrand] + past.prefix(options.order - 1)
        corrected = x
        return try step(index, from: x, order: order(at: index), correctedBy: nil).tensor(on: backend)
    }

    private func order(at index: Int) -> Int {
        min(past.count, options.lowersOrderAtEnd ? evaluations.count - index : options.order)
    }

    /// Step `index` from the latents `x` over the past estimates, and over the one at its end if that is known.
    private func step(_ index: Int, from x: Tensor, order: Int, correctedBy end: Tensor?) -> Combination {
        let (start, target) = (levels[index], levels[index + 1])
        let h = target.logSNR - start.logSNR
        let signedStep = options.predictsDenoised ? -h : h
        let scale = options.predictsDenoised ? target.signal : target.noise
        let ratio = options.predictsDenoised ? target.noise / start.noise : target.signal / start.signal
        let latest = Combination(past[0])
        var next = ratio * Combination(x) - scale * expm1(signedStep) * latest

        // Where in the step each estimate lies, and how far it is from the latest.
        var nodes: [Double] = []
        var differences: [Combination] = []
        for back in 1..<max(order, 1) {
            let node = (levels[index - back].logSNR - start.logSNR) / h
            nodes.append(node)
            differences.append(1 / node * (Combination(past[back]) - latest))
        }
        if let end {
            nodes.append(1)
            differences.append(Combination(end) - latest)
        }
        guard !nodes.isEmpty else { return next }
        let coefficients = Coefficients(rule: options.uniPCRule, step: signedStep)
        for (weight, difference) in zip(coefficients.weights(nodes), differences) {
            next = next - scale * coefficients.divisor * weight * difference
        }
        return next
    }

    /// The system of equation 5: which weights make the step exact up to the order.
    private struct Coefficients {
        let step: Double
        /// B(h) of the paper.
        let divisor: Double

        init(rule: UniPCRule, step: Double) {
            self.step = step
            divisor = rule == .bh1 ? step : expm1(step)
        }

        /// Weights of estimates that lie at `nodes`, in units of the step.
        func weights(_ nodes: [Double]) -> [Double] {
            // A single node has no choice: the paper sets it to one half for any B(h).
            guard nodes.count > 1 else { return [0.5] }
            var phi = expm1(step) / step - 1
            var factorial = 1.0
            var rows: [[Double]] = []
            for power in 0..<nodes.count {
                rows.append(nodes.map { pow($0, Double(power)) } + [phi * factorial / divisor])
                factorial *= Double(power + 2)
                phi = phi / step - 1 / factorial
            }
            return solve(rows)
        }

        /// Solves a linear system, each row of which ends with its right-hand side, by elimination with pivots.
        private func solve(_ system: [[Double]]) -> [Double] {
            var rows = system
            for column in rows.indices {
                let pivot = (column..<rows.count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
                rows.swapAt(column, pivot)
                for row in rows.indices where row != column {
                    let factor = rows[row][column] / rows[column][column]
                    for index in column...rows.count { rows[row][index] -= factor * rows[column][index] }
                }
            }
            return rows.indices.map { rows[$0][rows.count] / rows[$0][$0] }
        }
    }
}
