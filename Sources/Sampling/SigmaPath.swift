import Glibc

/// The noise levels, as ratios of noise to signal, from one to the next of which a sampler steps.
struct SigmaPath: Sendable {
    /// What the model is told at each step.
    let timesteps: [Double]
    /// The level before each step, and the last one's result.
    let sigmas: [Double]

    /// Steps from the first level to the last.
    var count: Int { timesteps.count }

    /// The path of the classes over σ that keep the signal at one: timesteps may be fractions, and spacings keep to the range of the timesteps.
    static func spanningTimesteps(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) -> SigmaPath {
        var timesteps = configuration.timestepSpacing.timesteps(
            count: stepCount, of: schedule.count, last: schedule.count, offset: configuration.stepsOffset,
            rounded: false)
        var sigmas = timesteps.map(schedule.sigma(at:))
        if configuration.euler.interpolation == .logLinear {
            let (first, last) = (log(schedule.sigmas[schedule.count - 1]), log(schedule.sigmas[0]))
            sigmas = NoiseSchedule.line(from: Double(first), to: Double(last), count: stepCount + 1)
                .map { Double(exp($0)) }
        }
        if configuration.sigmaSpacing != .timesteps {
            sigmas = configuration.sigmaSpacing.sigmas(
                from: configuration.maximumSigma ?? sigmas[0],
                to: configuration.minimumSigma ?? sigmas[sigmas.count - 1], count: stepCount)
            timesteps = sigmas.map(schedule.timestep(ofSigma:))
        }
        // KDPM2's classes tell the model whole timesteps where others tell it fractions.
        if configuration.sigmaSpacing == .karras, [.kdpm2, .kdpm2Ancestral].contains(configuration.kind) {
            timesteps = timesteps.map { $0.rounded(.toNearestOrEven) }
        }
        let path = (sigmas + [configuration.finalSigma.sigma(of: schedule)]).map { Double(Float($0)) }
        if configuration.euler.takesContinuousTimesteps {
            timesteps = path.prefix(stepCount).map { 0.25 * log($0) }
        }
        return SigmaPath(timesteps: timesteps.map { Double(Float($0)) }, sigmas: path)
    }

    /// The path of DPM-Solver, UniPC and DEIS: timesteps are whole, and spacings span the whole schedule.
    static func spanningSchedule(
        _ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int
    ) -> SigmaPath {
        let spacing = configuration.sigmaSpacing
        let final = configuration.finalSigma.sigma(of: schedule)
        guard spacing != .timesteps else {
            let usable = schedule.count(whereLogSNRIsAtLeast: configuration.multistep.minimumLogSNR)
            guard usable > 0 else { return SigmaPath(timesteps: [], sigmas: [final]) }
            let timesteps = configuration.timestepSpacing.timesteps(
                count: stepCount, of: schedule.count, last: usable, offset: configuration.stepsOffset, rounded: true,
                dropsEnd: true)
            return SigmaPath(
                timesteps: timesteps,
                sigmas: (timesteps.map(schedule.sigma(at:)) + [final]).map { Double(Float($0)) })
        }
        let sigmas = spacing.sigmas(
            from: configuration.maximumSigma ?? Double(schedule.sigmas[schedule.count - 1]),
            to: configuration.minimumSigma ?? Double(schedule.sigmas[0]), count: stepCount)
        let isDPMSolver = configuration.kind == .dpmSolverMultistep
        let rounds =
            spacing == .karras && (!isDPMSolver || configuration.betaSchedule != .squaredCosine)
            || spacing == .lu && configuration.betaSchedule != .squaredCosine
        let timesteps = sigmas.map { sigma in
            let timestep = schedule.timestep(ofSigma: sigma)
            return rounds ? timestep.rounded(.toNearestOrEven) : timestep.rounded(.towardZero)
        }
        let last = !isDPMSolver && configuration.finalSigma == .smallest ? sigmas[sigmas.count - 1] : final
        return SigmaPath(timesteps: timesteps, sigmas: (sigmas + [last]).map { Double(Float($0)) })
    }
}

extension FinalSigma {
    fileprivate func sigma(of schedule: NoiseSchedule) -> Double {
        switch self {
        case .zero: 0
        case .smallest: Double(schedule.sigmas[0])
        }
    }
}

extension SigmaPath {
    /// One evaluation before each step, at the `level` of its ratio of noise to signal.
    func evaluations(_ level: (Double) -> NoiseLevel) -> [Evaluation] {
        timesteps.indices.map { Evaluation(step: $0, timestep: timesteps[$0], level: level(sigmas[$0])) }
    }
}
