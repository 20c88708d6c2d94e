import DaguerreSampling
import DaguerreTensors

/// An image on its way from noise to latents: all that is its own, so that it cannot tell whether it is alone.
struct DenoisingImage {
    /// What goes in beside the latents, and what comes back between the steps.
    struct Surroundings {
        /// Further channels of an inpainting model's input `[1, H, W, C']`.
        var shown: Tensor?
        /// What is to stay as it was.
        var kept: KeptLatents?
    }

    /// Which request's it is, and which of the request's images.
    let request: Int, index: Int
    /// What is being done.
    private(set) var stage: GenerationPlan.Stage
    /// How far its sampler is.
    private(set) var run: SamplingRun
    /// Latents `[1, H, W, C]`, unscaled.
    private(set) var x: Tensor
    private(set) var surroundings: Surroundings
    private var noise: any NoiseSource

    /// Image `index` of request `request`, which `stage` is to denoise from latents `x`.
    init(
        _ index: Int, of request: Int, _ stage: GenerationPlan.Stage, from x: Tensor, _ surroundings: Surroundings,
        noise: any NoiseSource
    ) {
        self.request = request
        self.index = index
        self.stage = stage
        self.x = x
        self.surroundings = surroundings
        self.noise = noise
        run = stage.plan
    }

    /// Goes on with another stage, its latents as they are.
    mutating func enter(_ stage: GenerationPlan.Stage) {
        self.stage = stage
        run = stage.plan
    }

    /// Makes the latents ready for the first evaluation.
    mutating func prepare(on backend: some Backend) throws {
        x = try run.prepared(x, noise: &noise, on: backend)
    }

    /// Takes what the denoiser says at evaluation `index`.
    ///
    /// - Returns: what computes the clean latents `[1, H, W, C]` that are expected now; nil where the new latents are not
    ///   finite, and the image is left as it was.
    mutating func advance(
        _ said: DenoisingLoop.Prediction, at index: Int, on backend: some Backend
    ) throws -> (() throws -> Tensor)? {
        let before = x
        let next = try run.advance(
            before, output: said.output, unconditional: said.unconditional, at: index, noise: &noise, on: backend)
        guard try backend.isFinite(next) else { return nil }
        x = try surroundings.kept?.restored(in: next, run, at: index + 1, on: backend) ?? next
        return { [run] in try run.denoised(before, output: said.output, at: index, on: backend) }
    }
}
