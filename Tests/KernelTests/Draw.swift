import DaguerreTensors
import Glibc

/// Draws the same normal deviates in every run, rounded to what a backend holds exactly.
struct Draw {
    private let elementType: ElementType
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    init(rounding elementType: ElementType) {
        self.elementType = elementType
    }

    /// A host tensor in the backend's precision.
    mutating func callAsFunction(_ shape: Shape, mean: Double = 0, deviation: Double = 1) -> HostTensor {
        let values = (0..<shape.elementCount).map { _ in Float(mean + deviation * normal()) }
        guard elementType == .bfloat16 else { return HostTensor(values, shape: shape) }
        return HostTensor(values.map { HalfPrecision.float(bfloat16: HalfPrecision.bfloat16($0)) }, shape: shape)
    }

    /// A tensor of `backend` in its activation type.
    mutating func tensor(_ shape: Shape, mean: Double = 0, deviation: Double = 1, on backend: any Backend) throws
        -> Tensor
    {
        try backend.upload(self(shape, mean: mean, deviation: deviation), as: backend.activationType)
    }

    /// A weight `[O, I, ...]` that keeps the size of what it multiplies.
    mutating func weight(_ shape: Shape) -> HostTensor {
        let fanIn = shape.extents.dropFirst().reduce(1, *)
        return self(shape, deviation: 1 / Double(max(fanIn, 1)).squareRoot())
    }

    /// Box and Muller's transform of two uniform deviates.
    private mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    /// In (0, 1]; SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return Double((z ^ z >> 31) >> 11 &+ 1) * 0x1p-53
    }
}
