import DaguerreModels
import DaguerreSampling
package import DaguerreTensors

extension TextToImage {
    /// Goes through all that one image of `request` takes on a backend that counts and computes nothing.
    ///
    /// No random number is drawn and no pixel is made, so that the largest request can be weighed in little memory.
    /// `encoded` is called between what all images share, text and times, and what each image takes.
    ///
    /// - Throws: as a run would, before its first step.
    package func rehearse(_ request: Request, on backend: some Backend, encoded: () throws -> Void) throws {
        try validate(request)
        var warnings: [String] = []
        let (plan, loop) = try prepare(request, warnings: &warnings, on: backend)
        try encoded()
        var noise = Silence()
        let shape = latentShape(request, count: 1)
        let latents = try loop.run(
            plan, from: noise.next([1, shape[2], shape[3], shape[1]]), noise: &noise, on: backend
        ) { _, _ in }
        _ = try model.autoencoder.decode(LatentDecoder.unscaled(latents, model.autoencoder, on: backend), on: backend)
    }
}

/// Noise that has a shape only.
private struct Silence: NoiseSource {
    mutating func next(_ shape: Shape) -> HostTensor {
        HostTensor(
            shape: shape, elementType: .float32, bytes: UnsafeRawBufferPointer(start: nil, count: 0), owner: nil)
    }
}
