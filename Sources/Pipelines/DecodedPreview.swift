package import DaguerreModels
package import DaguerrePixels
package import DaguerreTensors

/// A picture of latents by a tiny autoencoder, at a bounded cost: latents that are more are made fewer first.
package struct DecodedPreview: Sendable {
    /// Pixels of the longer side at most.
    ///
    /// The published decoder takes 31 million operations for each latent, so no more than 127 billion for a square of this
    /// size: a twelfth of what a guided step of Stable Diffusion 1 takes for a picture of it.
    package static let longestSide = 512

    private let decoder: TinyAutoencoder

    /// Decodes with `decoder`.
    package init(_ decoder: TinyAutoencoder) { self.decoder = decoder }

    /// Latents `[1, h, w, C]`, scaled as the denoiser sees them → a picture; what is not finite is black.
    ///
    /// On a backend that computes nothing the picture is of one pixel.
    package func callAsFunction(_ latents: HostTensor, on backend: some Backend) throws -> Image {
        let (height, width) = size(of: latents)
        guard !backend.isRehearsal else {
            try decoder.rehearse([1, height, width, latents.shape[3]], on: backend)
            return Image(width: 1, height: 1, filledWith: [0, 0, 0])
        }
        let isKept = (height, width) == (latents.shape[1], latents.shape[2])
        let bounded =
            isKept ? latents : latents.resized(height: height, width: width, LatentFilter(.bilinear, isSmoothed: true))
        let decoded = try decoder.decode(bounded, on: backend)
        return Image(HostTensor(decoded.floats.map { $0.isFinite ? $0 : -1 }, shape: decoded.shape))
    }

    /// That of the latents, or as much of it as may be decoded.
    private func size(of latents: HostTensor) -> (height: Int, width: Int) {
        let (height, width) = (latents.shape[1], latents.shape[2])
        let (longer, most) = (max(height, width), max(Self.longestSide / decoder.configuration.scale, 1))
        guard longer > most else { return (height, width) }
        return (max(height * most / longer, 1), max(width * most / longer, 1))
    }
}
