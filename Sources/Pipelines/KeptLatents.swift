import DaguerreSampling
import DaguerreTensors

/// What a run leaves of a picture while it changes the rest of it.
///
/// Source: Lugmayr et al., "RePaint" (arXiv 2201.09865), equation 8, without resampling; diffusers
/// `StableDiffusionInpaintPipeline`.
struct KeptLatents {
    /// For each latent of an image, 1 where it is to change, else 0: `H · W` numbers.
    let mask: [Float]
    /// The picture's latents `[1, H, W, C]`, and the noise that is added to them.
    let clean, noise: Tensor

    /// `x [1, H, W, C]` at evaluation `index` with the picture, as noisy, where it is to be kept.
    func restored(in x: Tensor, _ plan: SamplingRun, at index: Int, on backend: some Backend) throws -> Tensor {
        let original = try backend.download(plan.noised(clean, with: noise, at: index, on: backend))
        return try backend.upload(original.blended(with: backend.download(x), by: mask), as: .float32)
    }
}

extension HostTensor {
    /// For each of `H · W` latents `mask` of `other` and the rest of this one, both `[1, H, W, C]`.
    func blended(with other: HostTensor, by mask: [Float]) -> HostTensor {
        let (a, b) = (floats, other.floats)
        guard !a.isEmpty, !b.isEmpty else { return self }
        let channels = shape.channels
        return HostTensor(
            a.indices.map { (1 - mask[$0 / channels]) * a[$0] + mask[$0 / channels] * b[$0] }, shape: shape)
    }
}
