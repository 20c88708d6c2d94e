/// The training timesteps as samplers use them that step from one to another, not between.
struct WholeTimesteps: Sendable {
    private let configuration: SamplerConfiguration
    private let signalPowers: [Float]

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule) {
        self.configuration = configuration
        signalPowers = schedule.signalPowers
    }

    /// Timesteps of training.
    var count: Int { signalPowers.count }

    /// The timesteps of `stepCount` steps in the configured spacing, the noisiest first.
    ///
    /// For 61 steps and a few other numbers, diffusers' `trailing` has one timestep more, −1, which it takes for the
    /// noisiest; it is left out.
    func spaced(_ stepCount: Int) -> [Int] {
        configuration.timestepSpacing
            .timesteps(count: stepCount, of: count, last: count, offset: configuration.stepsOffset, rounded: true)
            .prefix(stepCount)
            .map { Int($0) }
    }

    /// The power of the signal at `timestep`; what it ends with below 0.
    func signalPower(_ timestep: Int) -> Double {
        guard timestep < 0 else { return Double(signalPowers[timestep]) }
        return configuration.endsWithoutNoise ? 1 : Double(signalPowers[0])
    }

    /// The level at `timestep`.
    func level(_ timestep: Int) -> NoiseLevel { .preserving(signalPower: signalPower(timestep)) }

    /// One evaluation at each of `timesteps`, each of them a step of its own.
    func evaluations(_ timesteps: [Int]) throws(SamplingError) -> [Evaluation] {
        try check(timesteps)
        return timesteps.enumerated().map { step, timestep in
            Evaluation(step: step, timestep: Double(timestep), level: level(timestep))
        }
    }

    /// - Throws: ``SamplingError/unsupportedValue(field:value:supported:)`` for a timestep that training has not.
    func check(_ timesteps: [Int]) throws(SamplingError) {
        for timestep in timesteps where !signalPowers.indices.contains(timestep) {
            throw .unsupportedValue(
                field: "timestep_spacing, steps_offset",
                value: "\(configuration.timestepSpacing.rawValue), \(configuration.stepsOffset)",
                supported: "what keeps timestep \(timestep) within 0 to \(count - 1) for this number of steps")
        }
    }
}
