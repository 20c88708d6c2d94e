package import DaguerrePixels
package import DaguerreTensors

extension Image {
    /// Rounds `decoded [1, H, W, 3]`, from -1 to 1, to 8 bits.
    ///
    /// Source: diffusers `VaeImageProcessor.postprocess`: x/2 + 1/2, clamped, times 255, ties to even.
    package init(_ decoded: HostTensor) {
        let rgb = decoded.floats.map { value in
            UInt8((min(max(value / 2 + 0.5, 0), 1) * 255).rounded(.toNearestOrEven))
        }
        self.init(width: decoded.shape[2], height: decoded.shape[1], pixels: rgb)
    }

    /// `[1, H, W, 3]` from -1 to 1, as an autoencoder's encoder takes it; alpha is dropped, greys are repeated.
    ///
    /// Source: diffusers `VaeImageProcessor.preprocess`: 2 · (x / 255) - 1 in float32.
    package var encoderInput: HostTensor {
        HostTensor(
            converted(to: .rgb).pixels.map { 2 * (Float($0) / 255) - 1 }, shape: [1, height, width, 3])
    }
}
