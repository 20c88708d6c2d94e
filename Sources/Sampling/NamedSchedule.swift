import Glibc

/// A sampler of k-diffusion and a schedule, as a person asked for them by name.
struct NamedSampler: Sendable, Equatable {
    let sampler: SamplerName
    let schedule: ScheduleName
}

extension SigmaPath {
    /// The path of k-diffusion's samplers: timesteps may be fractions, found by the logarithm of the noise level.
    ///
    /// - Throws: ``SamplingError/stepCount(_:sampler:supported:)`` for more steps than a schedule of whole timesteps has.
    static func named(
        _ named: NamedSampler, _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) throws(SamplingError) -> SigmaPath {
        let dropsPenultimate = named.sampler.dropsPenultimateLevel
        let count = dropsPenultimate ? stepCount + 1 : stepCount
        var sigmas = named.schedule.sigmas(count: count, of: schedule, aligned: configuration.alignedSteps)
        if dropsPenultimate, sigmas.count > 1 { sigmas.removeLast() }
        let levels = sigmas.map { Double(Float($0)) }
        return SigmaPath(
            timesteps: levels.map { Double(Float(schedule.timestep(ofSigma: $0))) }, sigmas: levels + [0])
    }
}

extension ScheduleName {
    /// The noise levels before each of `count` steps over the levels of `schedule`; after the last there is no noise.
    ///
    /// `ddimUniform` may have more levels than steps were asked for, as in AUTOMATIC1111 and ComfyUI.
    func sigmas(count: Int, of schedule: NoiseSchedule, aligned: AlignedSteps) -> [Double] {
        let last = schedule.count - 1
        let (lowest, highest) = (Double(schedule.sigmas[0]), Double(schedule.sigmas[last]))
        func level(_ timestep: Int) -> Double { Double(schedule.sigmas[min(max(timestep, 0), last)]) }
        switch self {
        case .automatic, .uniform, .normal:
            return equallySpaced(from: Double(last), to: 0, count: count).map(schedule.logInterpolatedSigma(at:))
        case .sgmUniform:
            return equallySpaced(from: Double(last), to: 0, count: count + 1).prefix(count)
                .map(schedule.logInterpolatedSigma(at:))
        case .simple:
            let stride = Double(schedule.count) / Double(count)
            return (0..<count).map { level(last - Int(Double($0) * stride)) }
        case .ddimUniform:
            let stride = max(schedule.count / count, 1)
            let rising = Array(Swift.stride(from: 1, to: schedule.count, by: stride))
            return rising.isEmpty ? [highest] : rising.reversed().map(level)
        case .turbo:
            let stride = Double(schedule.count) / Double(count)
            return (1...count).reversed().map { level(Int((Double($0) * stride - 1).rounded(.toNearestOrEven))) }
        case .karras: return SigmaSpacing.karras.sigmas(from: highest, to: lowest, count: count)
        case .exponential, .polyexponential:
            return SigmaSpacing.exponential.sigmas(from: highest, to: lowest, count: count)
        case .beta: return SigmaSpacing.beta.sigmas(from: highest, to: lowest, count: count)
        case .optimal:
            return equallySpaced(from: 0, to: 1, count: count).map { tan($0 * atan(lowest) + (1 - $0) * atan(highest)) }
        case .alignYourSteps: return aligned.sigmas(count: count)
        }
    }
}
