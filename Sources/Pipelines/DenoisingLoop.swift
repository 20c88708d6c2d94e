import DaguerreModels
import DaguerreSampling
import DaguerreTensors

/// The one loop under every pipeline: denoiser and sampler in turn, from noise to latents.
struct DenoisingLoop: Sendable {
    let unet: UNet
    /// The prompts' states; with guidance, the negative prompts' before them in the batch.
    let text: TextStates
    /// Those of each evaluation.
    let time: TimeStates
    /// `nil` evaluates the prompt only.
    let guidance: (scale: Double, rescale: Double)?

    /// Denoises unit normal latents `start [N, H, W, C]`.
    ///
    /// `report` hears of each evaluation; what it throws ends the run.
    ///
    /// - Throws: ``PipelineError/notFinite(step:layer:)`` at the first step whose latents are not finite.
    func run(
        _ plan: SamplingRun, from start: HostTensor, noise: inout some NoiseSource, on backend: some Backend,
        report: (_ index: Int, _ duration: Duration) throws -> Void
    ) throws -> HostTensor {
        var run = plan
        var x = try backend.upload(start, as: .float32)
        if run.initialNoiseScale != 1 { x = try backend.weightedSum([(run.initialNoiseScale, x)]) }
        let clock = ContinuousClock()
        for index in run.evaluations.indices {
            let begin = clock.now
            let next = try run.advance(
                x, output: predict(x, run.evaluations[index], index, on: backend), at: index, noise: &noise, on: backend
            )
            guard try backend.isFinite(next) else {
                let layer = try firstNonFiniteLayer(on: backend) {
                    _ = try predict(x, run.evaluations[index], index, on: $0)
                }
                throw PipelineError.notFinite(step: index + 1, layer: layer)
            }
            x = next
            try report(index, clock.now - begin)
        }
        return try backend.download(x)
    }

    /// The guided output of the denoiser at unscaled latents `x`, float32.
    private func predict(
        _ x: Tensor, _ evaluation: Evaluation, _ index: Int, on backend: some Backend
    ) throws -> Tensor {
        var input = x
        if evaluation.inputScale != 1 { input = try backend.weightedSum([(evaluation.inputScale, input)]) }
        let output = try backend.convert(
            unet(input, time: time.step(index), text: text, on: backend), to: .float32)
        guard let guidance else { return output }
        let count = x.shape[0]
        return try Guidance.combine(
            unconditional: output.slice(0..<count), conditional: output.slice(count..<2 * count),
            scale: guidance.scale, rescale: guidance.rescale, on: backend)
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
