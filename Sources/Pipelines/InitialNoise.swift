import DaguerreSampling
package import DaguerreTensors
import Glibc

/// Where a run's random numbers come from: drawn by seed, or none at all in a dry run.
typealias NoiseOrigin = (_ seed: UInt64) -> any NoiseSource

/// The standard normal latents that an image begins with.
struct InitialNoise {
    let request: DiffusionRequest
    /// Of one image `[1, H/s, W/s, C]`.
    let shape: Shape
    /// Pixels per latent on each side.
    let scale: Int
    let origin: NoiseOrigin
    /// Latents `[count, C, H/s, W/s]` to take in place of drawn ones.
    let given: HostTensor?

    /// The latents of image `index`; those drawn for its own seed are the next of `noise`.
    func latents(_ index: Int, noise: inout any NoiseSource) -> HostTensor {
        if let given { return given.slice(index..<index + 1).nhwc }
        let drawn = seeded(request.seed(of: index), noise: &noise)
        guard let variation = request.variation else { return drawn }
        let seed = variation.seed &+ UInt64(index)
        var second = origin(seed)
        return slerp(drawn, seeded(seed, noise: &second), variation.strength)
    }

    /// The noise of a seed; where the seed stands for a picture of another size, that one's noise in the middle.
    private func seeded(_ seed: UInt64, noise: inout any NoiseSource) -> HostTensor {
        let drawn = noise.next(shape)
        guard let size = request.seedSize, !drawn.isShapeOnly else { return drawn }
        let other: Shape = [1, max(size.height / scale, 1), max(size.width / scale, 1), shape[3]]
        var source = origin(seed)
        return drawn.pasting(source.next(other))
    }
}

extension HostTensor {
    /// The same latents `[1, H, W, C]` with the middle of `other` over their middle.
    fileprivate func pasting(_ other: HostTensor) -> HostTensor {
        var values = floats
        let source = other.floats
        let (height, width) = (min(shape[1], other.shape[1]), min(shape[2], other.shape[2]))
        let (top, left) = ((shape[1] - height) / 2, (shape[2] - width) / 2)
        let (otherTop, otherLeft) = ((other.shape[1] - height) / 2, (other.shape[2] - width) / 2)
        for row in 0..<height {
            let target = ((top + row) * shape[2] + left) * shape[3]
            let origin = ((otherTop + row) * other.shape[2] + otherLeft) * shape[3]
            for i in 0..<width * shape[3] { values[target + i] = source[origin + i] }
        }
        return HostTensor(values, shape: shape)
    }
}

/// Leads from `first` to `second`, both `[1, H, W, C]`, along a sphere, so that the numbers stay standard normal.
///
/// As AUTOMATIC1111's pictures have it, angles are taken for each channel's columns, and columns that point the same way
/// on average are mixed in a straight line. Source: Shoemake, "Animating Rotation with Quaternion Curves" (1985), §3.3.
package func slerp(_ first: HostTensor, _ second: HostTensor, _ strength: Double) -> HostTensor {
    guard !first.isShapeOnly else { return first }
    let (height, width, channels) = (first.shape[1], first.shape[2], first.shape[3])
    let (a, b) = (first.floats, second.floats)
    let columns = width * channels
    let cosines = (0..<columns).map { column -> Double in
        var (product, lengthA, lengthB) = (0.0, 0.0, 0.0)
        for row in 0..<height {
            let (x, y) = (Double(a[row * columns + column]), Double(b[row * columns + column]))
            product += x * y
            lengthA += x * x
            lengthB += y * y
        }
        let lengths = (lengthA * lengthB).squareRoot()
        return lengths > 0 ? min(max(product / lengths, -1), 1) : 1
    }
    let isStraight = cosines.reduce(0, +) / Double(max(columns, 1)) > 0.9995
    let weights = cosines.map { cosine -> (Double, Double) in
        let angle = acos(cosine)
        guard !isStraight, sin(angle) > 0 else { return (1 - strength, strength) }
        return (sin((1 - strength) * angle) / sin(angle), sin(strength * angle) / sin(angle))
    }
    let values = a.indices.map { index in
        let (x, y) = weights[index % columns]
        return Float(x * Double(a[index]) + y * Double(b[index]))
    }
    return HostTensor(values, shape: first.shape)
}
