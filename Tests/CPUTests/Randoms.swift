import DaguerreTensors

/// Reproducible numbers between -1 and 1.
struct Randoms {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / 0x1p31
    }

    mutating func tensor(_ shape: Shape, scale: Float = 1) -> HostTensor {
        HostTensor((0..<shape.elementCount).map { _ in next() * scale }, shape: shape)
    }
}
