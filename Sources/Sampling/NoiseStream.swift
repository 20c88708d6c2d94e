public import DaguerreTensors

/// Gives a sampler the fresh noise that it asks for.
public protocol NoiseSource {
    /// The next standard normal numbers, float32 in the given shape `[N, H, W, C]`.
    mutating func next(_ shape: Shape) -> HostTensor
}

/// One seed's random numbers: a value, so that a copy replays them.
public struct NoiseStream: NoiseSource, Sendable {
    private var generator: any NormalGenerator

    /// Starts the stream of `seed`.
    public init(_ source: RandomSource, seed: UInt64) {
        generator =
            switch source {
            case .torch: TorchNormal(seed: seed)
            case .philox: PhiloxNormal(seed: seed)
            }
    }

    /// The next numbers, drawn in the order `[N, C, H, W]` in which torch would fill its tensor.
    public mutating func next(_ shape: Shape) -> HostTensor {
        precondition(shape.rank == 4, "noise has the shape [N, H, W, C]")
        let drawn = generator.next(shape.elementCount)
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

/// One stream for each image of a batch: image *i* has seed + *i* and the same numbers alone or in company.
public struct NoiseBatch: NoiseSource, Sendable {
    private var streams: [NoiseStream]

    /// Starts the streams of `count` images.
    public init(_ source: RandomSource, seed: UInt64, count: Int) {
        self.init((0..<count).map { NoiseStream(source, seed: seed &+ UInt64($0)) })
    }

    /// One image for each of `streams`, in their order.
    public init(_ streams: [NoiseStream]) {
        self.streams = streams
    }

    /// The next numbers of every image; `shape` has as many samples as there are images.
    public mutating func next(_ shape: Shape) -> HostTensor {
        precondition(shape.rank == 4 && shape[0] == streams.count, "one stream for each sample")
        var values: [Float] = []
        values.reserveCapacity(shape.elementCount)
        for index in streams.indices { values += streams[index].next(shape.withBatch(1)).floats }
        return HostTensor(values, shape: shape)
    }
}
