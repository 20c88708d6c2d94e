public import DaguerreTensors

/// `[N, C, H, W]`, as torch writes it, to `[N, H, W, C]`, as we compute; float32.
public func nhwc(_ x: HostTensor) -> HostTensor {
    permuted(x, [0, 2, 3, 1])
}

/// `[N, H, W, C]` to `[N, C, H, W]`; float32.
public func nchw(_ x: HostTensor) -> HostTensor {
    permuted(x, [0, 3, 1, 2])
}

/// Axis `i` of the result is axis `axes[i]` of the four of `x`.
private func permuted(_ x: HostTensor, _ axes: [Int]) -> HostTensor {
    precondition(x.shape.rank == 4, "an image tensor has four axes")
    let values = x.floats
    let strides = [x.shape[1] * x.shape[2] * x.shape[3], x.shape[2] * x.shape[3], x.shape[3], 1]
    let extents = axes.map { x.shape[$0] }
    let steps = axes.map { strides[$0] }
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for a in 0..<extents[0] {
        for b in 0..<extents[1] {
            for c in 0..<extents[2] {
                let start = a * steps[0] + b * steps[1] + c * steps[2]
                for d in 0..<extents[3] { result.append(values[start + d * steps[3]]) }
            }
        }
    }
    return HostTensor(result, shape: Shape(extents))
}
