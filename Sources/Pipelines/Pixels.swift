import DaguerreTensors

/// One 8-bit RGB picture.
public struct Pixels: Equatable, Sendable {
    /// Pixels.
    public let width, height: Int
    /// Red, green, blue of each pixel, row by row from the top.
    public let rgb: [UInt8]

    /// Rounds `decoded [1, H, W, 3]`, from -1 to 1, to 8 bits.
    ///
    /// Source: diffusers `VaeImageProcessor.postprocess`: x/2 + 1/2, clamped, times 255, ties to even.
    init(_ decoded: HostTensor) {
        height = decoded.shape[1]
        width = decoded.shape[2]
        rgb = decoded.floats.map { value in
            UInt8((min(max(value / 2 + 0.5, 0), 1) * 255).rounded(.toNearestOrEven))
        }
    }
}
