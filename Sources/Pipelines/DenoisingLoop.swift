import DaguerreModels
import DaguerreSampling
import DaguerreTensors

/// The one loop under every pipeline: denoiser and sampler in turn, from noise to latents.
struct DenoisingLoop: Sendable {
    let unet: UNet
    /// What the denoiser runs on: the run's backend, or a wrapper around it.
    let denoiser: any Backend
    /// What the denoiser sees of the prompts, the first from the first step on.
    let conditions: [StepConditions]
    /// `nil` where there is no negative prompt and only one other.
    let guidance: (scale: Double, rescale: Double)?

    /// What the denoiser says with guidance, and what it says without the prompt.
    private struct Prediction {
        let output: Tensor
        var unconditional: Tensor?
    }

    /// Hears of an evaluation and how long it took; `expected` computes the clean latents `[N, H, W, C]` that it expects.
    typealias Report = (_ evaluation: Int, _ duration: Duration, _ expected: @escaping () throws -> Tensor) throws ->
        Void

    /// What goes in beside the latents, and what comes back between the steps.
    struct Surroundings {
        /// Further channels of an inpainting model's input `[N, H, W, C']`.
        var shown: Tensor?
        /// What is to stay as it was.
        var kept: KeptLatents?
    }

    /// Denoises latents `start [N, H, W, C]` of the noise that the plan begins with.
    ///
    /// `report` hears of each evaluation, and may ask for the clean latents that were expected at it; what it throws ends
    /// the run.
    ///
    /// - Throws: ``PipelineError/notFinite(step:layer:)`` at the first step whose latents are not finite.
    func run(
        _ plan: SamplingRun, from start: Tensor, _ surroundings: Surroundings, noise: inout some NoiseSource,
        on backend: some Backend, report: Report
    ) throws -> Tensor {
        var run = plan
        var x = try run.prepared(start, noise: &noise, on: backend)
        let clock = ContinuousClock()
        let known = run.evaluations.count
        var index = 0
        // An adaptive run learns of its evaluations as it goes on.
        while index < run.evaluations.count {
            let begin = clock.now
            let evaluation = run.evaluations[index]
            let row = index < known ? index : nil
            let said = try predict(x, evaluation, row, surroundings.shown, denoiser: denoiser, on: backend)
            let next = try run.advance(
                x, output: said.output, unconditional: said.unconditional, at: index, noise: &noise, on: backend)
            guard try backend.isFinite(next) else {
                let layer = try firstNonFiniteLayer(on: denoiser) {
                    _ = try predict(x, evaluation, row, surroundings.shown, denoiser: $0, on: backend)
                }
                throw PipelineError.notFinite(step: index + 1, layer: layer)
            }
            let expected = { [run, x] in try run.denoised(x, output: said.output, at: index, on: backend) }
            x = try surroundings.kept?.restored(in: next, run, at: index + 1, on: backend) ?? next
            try report(index, clock.now - begin, expected)
            index += 1
        }
        return x
    }

    /// The guided output of the denoiser at unscaled latents `x`, float32.
    ///
    /// `row` is the evaluation's among the time states, `nil` for one that was not known when those were computed.
    private func predict(
        _ x: Tensor, _ evaluation: Evaluation, _ row: Int?, _ shown: Tensor?, denoiser: some Backend,
        on backend: some Backend
    ) throws -> Prediction {
        let conditions = conditions.last { $0.firstStep <= evaluation.step } ?? conditions[0]
        var input = x
        if evaluation.inputScale != 1 { input = try backend.weightedSum([(evaluation.inputScale, input)]) }
        let control = try conditions.controls.residuals(input, evaluation, row: row)
        if let shown { input = try backend.concatenateChannels([input, shown]) }
        let time =
            try row.map(conditions.time.step)
            ?? unet.timeStates(
                [evaluation.timestep], guidance: conditions.guidance, added: conditions.added, on: denoiser)
        let output = try backend.convert(
            unet(input, time: time, text: conditions.text, control: control, on: denoiser), to: .float32)
        let count = x.shape[0]
        let rows = (0..<output.shape[0] / count).map { output.slice($0 * count..<($0 + 1) * count) }
        guard let guidance else { return Prediction(output: rows[0]) }
        let guided = try Guidance.combine(
            unconditional: rows[0],
            conditional: sum(Array(rows.dropFirst()), conditions.weights, unconditional: rows[0], on: backend),
            scale: guidance.scale, rescale: guidance.rescale, on: backend)
        return Prediction(output: guided, unconditional: rows[0])
    }

    /// What several prompts want together: each one's difference from the negative prompt, by its weight.
    ///
    /// Source: Liu et al., "Compositional Visual Generation with Composable Diffusion Models" (arXiv 2206.01714),
    /// equation 11.
    private func sum(
        _ rows: [Tensor], _ weights: [Double], unconditional: Tensor, on backend: some Backend
    ) throws -> Tensor {
        if rows.count == 1, weights == [1] { return rows[0] }
        let rest = 1 - weights.reduce(0, +)
        return try backend.weightedSum([(rest, unconditional)] + zip(weights, rows).map { ($0, $1) })
    }
}

/// Runs `body` again on a backend that looks at each layer's output, and names the first that is not finite.
func firstNonFiniteLayer(on backend: some Backend, _ body: (FiniteCheckBackend) throws -> Void) throws -> String {
    do {
        try body(FiniteCheckBackend(backend))
        return "the sampler"
    } catch BackendError.notFinite(let layer) {
        return layer
    }
}
