import DaguerreTensors
import Glibc

/// DPM-Solver of third order that chooses the length of its steps by comparing with the second order.
///
/// Each attempt takes three evaluations; how many there will be shows only as it runs. It ends at the model's lowest noise
/// level, not without noise, and knows no schedule and no number of steps.
///
/// Source: Lu et al., "DPM-Solver" (arXiv 2206.00927), appendix C; k-diffusion `sample_dpm_adaptive` with its defaults,
/// under which its controller of step lengths is one of the last error alone.
struct DPMAdaptiveSampler: SigmaSampler {
    private(set) var evaluations: [Evaluation]
    let plan: SigmaPlan
    let leavesBetweenSteps = false
    let isAdaptive = true
    private let end: Double
    private let eta: Double
    /// −ln σ at which the attempt begins, and how long the next is to be.
    private var time: Double
    private var length = Self.firstLength
    private var attempt: (step: SinglestepExpansion, up: Double, target: Double)
    private var attempts = 0
    private var start: Tensor?
    /// The second-order result of the last step that was taken, by which errors are scaled.
    private var previous: Tensor?
    private var noises: [Tensor] = []

    private static let firstLength = 0.05
    private static let absoluteTolerance = 0.0078, relativeTolerance = 0.05
    private static let leastFactor = 0.81
    /// No more evaluations than a request may have steps.
    static let maximumEvaluations = 1000

    init(_ plan: SigmaPlan) {
        self.plan = plan
        (time, end) = plan.solverRange
        eta = plan.fresh.eta ?? 1
        attempt = Self.attempt(from: time, length: length, end: end, eta: eta)
        evaluations = [plan.evaluation(within: 0, sigma: plan.sigmas[0])]
    }

    private static func attempt(
        from time: Double, length: Double, end: Double, eta: Double
    ) -> (step: SinglestepExpansion, up: Double, target: Double) {
        let target = min(end, time + length)
        let (step, up) = SinglestepExpansion.ancestral(from: time, to: target, order: 3, eta: eta, limit: end)
        return (step, up, target)
    }

    private var isDone: Bool { !(time < end - 1e-5) }

    /// Reads `noise` once a step that is taken, at its end, if there is fresh noise at all.
    ///
    /// - Throws: ``SamplingError/notConverged(sampler:evaluations:)`` past ``maximumEvaluations``.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        guard !isDone else { return x }
        if noises.isEmpty {
            start = x
            previous = previous ?? x
        }
        noises.append(try estimate(x, output: output, at: index, on: backend).remainingNoise.tensor(on: backend))
        let origin = start ?? x
        let step = attempt.step
        let next: Tensor
        switch noises.count {
        case 1: next = try step.first(origin, noises[0]).tensor(on: backend)
        case 2: next = try step.second(origin, noises[0], noises[1]).tensor(on: backend)
        default: next = try finish(origin, noise: &noise, on: backend)
        }
        if !isDone {
            guard evaluations.count < Self.maximumEvaluations else {
                throw SamplingError.notConverged(
                    sampler: SamplerName.dpmAdaptive.infotextName, evaluations: evaluations.count)
            }
            let sigma = attempt.step.sigmas[noises.count]
            evaluations.append(plan.evaluation(within: attempts, sigma: sigma))
        }
        return next
    }

    /// Takes the step that was attempted, or does not, and plans the next attempt.
    private mutating func finish(
        _ origin: Tensor, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor {
        let low = try attempt.step.secondOrder(origin, noises[0], noises[1]).tensor(on: backend)
        let high = try attempt.step.thirdOrder(origin, noises[0], noises[2]).tensor(on: backend)
        let error = try Self.error(low, high, previous ?? origin, on: backend)
        let factor = 1 + atan(pow(1 / (error + 1e-8), 1 / (eta > 0 ? 1.5 : 3)) - 1)
        length *= factor
        noises = []
        attempts += 1
        var next = origin
        if factor >= Self.leastFactor {
            previous = low
            next = high
            if eta > 0 {
                let deviation = plan.fresh.scale * attempt.up
                next = try (Combination(high) + deviation * noise.next(like: high, on: backend)).tensor(on: backend)
            }
            time = attempt.target
        }
        attempt = Self.attempt(from: time, length: length, end: end, eta: eta)
        return next
    }

    /// The root mean square of the differences, each in units of what is tolerated; 0 in a dry run.
    private static func error(
        _ low: Tensor, _ high: Tensor, _ previous: Tensor, on backend: some Backend
    ) throws -> Double {
        let lows = try backend.download(low)
        guard !lows.isShapeOnly else { return 0 }
        let (highs, previous) = (try backend.download(high).floats, try backend.download(previous).floats)
        var sum = 0.0
        for (index, low) in lows.floats.enumerated() {
            let magnitude = Double(max(abs(low), abs(previous[index])))
            let tolerated = max(absoluteTolerance, relativeTolerance * magnitude)
            let difference = (Double(low) - Double(highs[index])) / tolerated
            sum += difference * difference
        }
        return (sum / Double(max(highs.count, 1))).squareRoot()
    }
}
