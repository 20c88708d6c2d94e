import DaguerreModels
import DaguerreSampling
import DaguerreTensors

/// A network that reads a control picture, told of a run's times and of the prompts of some of its steps.
struct StepControl: Sendable {
    private enum Network: Sendable {
        case controlNet(
            ControlNet, ControlMode, hint: Tensor, time: TimeStates, added: AddedConditions?, text: TextStates)
        case features([Tensor])
    }

    private let network: Network
    private let weight: Double
    /// Evaluations at which it has a say.
    private let evaluations: ClosedRange<Int>?
    /// The share of the noise that is gone where it has a say, for evaluations that become known only as a run goes on.
    private let share: (start: Double, end: Double)
    private let trainTimesteps: Int
    private let backend: any Backend

    /// Prepares what does not change between steps; `seen` is what was made of the picture.
    init(
        _ use: ControlUse, seen: ControlPicture, plan: SamplingRun, text: EncodedText, hasNegative: Bool,
        added: AddedConditions?, trainTimesteps: Int, on backend: any Backend
    ) throws {
        self.backend = backend
        self.trainTimesteps = trainTimesteps
        share = (use.start, use.end)
        weight = use.weight
        let count = plan.evaluations.count
        // Source: diffusers `StableDiffusionControlNetPipeline`, `controlnet_keep`.
        let active = (0..<count).filter {
            Double($0) / Double(count) >= use.start && Double($0 + 1) / Double(count) <= use.end
        }
        evaluations = active.first.flatMap { first in active.last.map { first...$0 } }
        switch (use.network, seen) {
        case (.controlNet(let net), .hint(let hint)):
            let isConditional = hasNegative && net.prompts(use.mode) == .conditional
            let rows = (isConditional ? 1 : 0)..<text.states.shape[0]
            let added = added?.slice(rows)
            network = .controlNet(
                net, use.mode, hint: hint,
                time: try net.timeStates(plan.evaluations.map(\.timestep), added: added, on: backend), added: added,
                text: try net.textStates(text.states.slice(rows), on: backend))
        case (_, .features(let features)): network = .features(features)
        case (.t2iAdapter, .hint): network = .features([])
        }
    }

    /// What it adds at an evaluation of the denoiser for `latents [N, H, W, C]`, or nothing.
    ///
    /// `row` is the evaluation's among those that were known before the run.
    func residuals(_ latents: Tensor, _ evaluation: Evaluation, row: Int?) throws -> ControlResiduals? {
        guard weight != 0, isActive(evaluation, row) else { return nil }
        switch network {
        case .controlNet(let net, let mode, let hint, let time, let added, let text):
            let time = try row.map(time.step) ?? net.timeStates([evaluation.timestep], added: added, on: backend)
            return try net(latents, hint: hint, time: time, text: text, weight: weight, mode: mode, on: backend)
        case .features(let features): return ControlResiduals(features: features, factor: weight)
        }
    }

    private func isActive(_ evaluation: Evaluation, _ row: Int?) -> Bool {
        if let row { return evaluations?.contains(row) == true }
        let gone = 1 - evaluation.timestep / Double(trainTimesteps)
        return gone >= share.start && gone <= share.end
    }
}

/// What a network makes of a control picture before the first step.
enum ControlPicture: Sendable {
    case hint(Tensor)
    case features([Tensor])

    /// Reads the picture of `use` for a drawing of `size`.
    init(_ use: ControlUse, size: PixelSize, on backend: some Backend) throws {
        let picture = try use.picture(size)
        switch use.network {
        case .controlNet(let net): self = .hint(try net.hint(picture, on: backend))
        case .t2iAdapter(let adapter): self = .features(try adapter(picture, on: backend))
        }
    }
}

extension [StepControl] {
    /// What all of them add together.
    func residuals(_ latents: Tensor, _ evaluation: Evaluation, row: Int?) throws -> ControlResiduals? {
        try reduce(nil) { sum, control in
            guard let next = try control.residuals(latents, evaluation, row: row) else { return sum }
            return sum.map { $0 + next } ?? next
        }
    }
}
