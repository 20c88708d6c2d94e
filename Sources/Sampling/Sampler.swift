import DaguerreTensors

/// One evaluation of the model.
public struct Evaluation: Sendable, Equatable {
    /// The step that it belongs to, from 0; some samplers evaluate the model more than once in a step.
    public let step: Int
    /// What the model is told.
    public let timestep: Double
    /// How noisy the latents are that the model is given.
    public let level: NoiseLevel

    /// What the latents are multiplied by to be the model's input.
    public var inputScale: Double { level.inputScale }
}

/// Solves the equation of denoising from the model's estimates, one evaluation after the other.
///
/// A sampler knows noise levels, clean latents and noise; what the model was trained to say is ``Prediction``'s affair.
protocol Sampler: Sendable {
    /// Where the model is evaluated, in order; an adaptive sampler knows the next only.
    var evaluations: [Evaluation] { get }
    /// The timestep that each step begins with.
    var stepTimesteps: [Double] { get }
    /// What standard normal numbers are multiplied by to be the first latents.
    var initialNoiseScale: Double { get }
    /// Reads the model's word.
    var prediction: Prediction { get }
    /// Whether ``evaluations`` grow as steps are taken; then no other run can take over before the end.
    var isAdaptive: Bool { get }
    /// Whether another run may take over after any step.
    var leavesBetweenSteps: Bool { get }

    init(_ configuration: SamplerConfiguration, _ schedule: NoiseSchedule, stepCount: Int) throws(SamplingError)

    /// The sampler that enters at `step`, without a past, on an image noised for it or on what another run `left` there.
    func entering(at step: Int, left: Bool) throws(SamplingError) -> Self

    /// How noisy the latents are that come to evaluation `index`, before ``prepared(_:for:noise:on:)``.
    func level(before index: Int) -> NoiseLevel

    /// The latents for evaluation `index`, from those that come to it: some samplers first add noise.
    func prepared(
        _ x: Tensor, for index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor

    /// The latents that come to the evaluation after `index`, from those at it and what the model said of them.
    mutating func step(
        _ x: Tensor, output: Tensor, at index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor

    /// The same for a sampler that also looks at what the model says without the prompt.
    mutating func step(
        _ x: Tensor, output: Tensor, unconditional: Tensor, at index: Int, noise: inout some NoiseSource,
        on backend: some Backend
    ) throws -> Tensor
}

extension Sampler {
    var stepTimesteps: [Double] {
        var last = -1
        return evaluations.compactMap { evaluation in
            guard evaluation.step > last else { return nil }
            last = evaluation.step
            return evaluation.timestep
        }
    }
    var isAdaptive: Bool { false }
    var leavesBetweenSteps: Bool { true }

    func entering(at step: Int, left: Bool) throws(SamplingError) -> Self { self }

    func level(before index: Int) -> NoiseLevel { evaluations[index].level }

    func prepared(
        _ x: Tensor, for index: Int, noise: inout some NoiseSource, on backend: some Backend
    ) throws -> Tensor { x }

    mutating func step(
        _ x: Tensor, output: Tensor, unconditional: Tensor, at index: Int, noise: inout some NoiseSource,
        on backend: some Backend
    ) throws -> Tensor {
        try step(x, output: output, at: index, noise: &noise, on: backend)
    }

    /// The model's word at evaluation `index`, taken apart.
    func estimate(_ x: Tensor, output: Tensor, at index: Int, on backend: some Backend) throws -> Estimate {
        try prediction.estimate(x, output: output, at: evaluations[index].level, on: backend)
    }
}

extension SamplerConfiguration {
    /// The scale of the first latents where the variance explodes, for a path that begins at `sigma`.
    ///
    /// `leading` timesteps begin below the last, where the latents are to have signal and noise of the right sum.
    func initialNoiseScale(explodingFrom sigma: Double) -> Double {
        timestepSpacing == .leading ? (sigma * sigma + 1).squareRoot() : sigma
    }
}

extension NoiseSource {
    /// The next numbers for latents of the shape of `x`, as a term of an equation.
    mutating func next(like x: Tensor, on backend: some Backend) throws -> Combination {
        Combination(try backend.upload(next(x.shape), as: .float32))
    }

    /// The Brownian motion from one noise level to another, for latents of the shape of `x`, as a term of an equation.
    mutating func brownian(
        like x: Tensor, from sigma: Double, to next: Double, in range: BrownianRange, on backend: some Backend
    ) throws -> Combination {
        Combination(try backend.upload(brownian(x.shape, from: sigma, to: next, in: range), as: .float32))
    }
}
