public import DaguerreTensors

/// Gives a sampler the fresh noise that it asks for.
public protocol NoiseSource {
    /// The next standard normal numbers, float32 in the given shape `[N, H, W, C]`.
    mutating func next(_ shape: Shape) -> HostTensor

    /// The Brownian motion from noise level `sigma` to `next`, both in `range`, divided by the root of their distance:
    /// standard normal numbers, float32 in the given shape `[N, H, W, C]`.
    ///
    /// It is a stream of its own, which ``next(_:)`` does not take from.
    mutating func brownian(
        _ shape: Shape, from sigma: Double, to next: Double, in range: BrownianRange
    ) -> HostTensor
}

/// One seed's random numbers: a value, so that a copy replays them.
public struct NoiseStream: NoiseSource, Sendable {
    private var generator: any NormalGenerator
    private let source: RandomSource
    private let seed: UInt64
    private var tree: (range: BrownianRange, count: Int, tree: BrownianTree)?

    /// Starts the stream of `seed`.
    public init(_ source: RandomSource, seed: UInt64) {
        self.source = source
        self.seed = seed
        generator =
            switch source {
            case .torch: TorchNormal(seed: seed)
            case .philox: PhiloxNormal(seed: seed)
            }
    }

    /// The next numbers, drawn in the order `[N, C, H, W]` in which torch would fill its tensor.
    public mutating func next(_ shape: Shape) -> HostTensor {
        precondition(shape.rank == 4, "noise has the shape [N, H, W, C]")
        return Self.channelsLast(generator.next(shape.elementCount), shape)
    }

    /// The motion of k-diffusion's `BrownianTreeNoiseSampler` for the stream's seed, whatever was drawn before.
    ///
    /// Its halves draw as the stream does: with torch's numbers it is that of ComfyUI, with CUDA's that of AUTOMATIC1111
    /// and of ComfyUI's names that end in `_gpu`.
    public mutating func brownian(
        _ shape: Shape, from sigma: Double, to next: Double, in range: BrownianRange
    ) -> HostTensor {
        precondition(shape.rank == 4, "noise has the shape [N, H, W, C]")
        let count = shape.elementCount
        var current =
            if let known = tree, known.range == range, known.count == count { known.tree } else {
                BrownianTree(source, seed: seed, count: count, range: range)
            }
        // The tree is lent, so that its memory is not copied.
        tree = nil
        let length = Float(abs(next - sigma).squareRoot())
        let motion = current.increment(from: sigma, to: next).map { length > 0 ? $0 / length : 0 }
        tree = (range, count, current)
        return Self.channelsLast(motion, shape)
    }

    /// Numbers in the order `[N, C, H, W]` in the order `[N, H, W, C]`.
    private static func channelsLast(_ drawn: [Float], _ shape: Shape) -> HostTensor {
        let (area, channels) = (shape[1] * shape[2], shape[3])
        var values: [Float] = []
        values.reserveCapacity(drawn.count)
        for sample in 0..<shape[0] {
            for position in 0..<area {
                for channel in 0..<channels {
                    values.append(drawn[(sample * channels + channel) * area + position])
                }
            }
        }
        return HostTensor(values, shape: shape)
    }
}
