import DaguerreCheckpoints
import DaguerreLayers
import DaguerreTensors

/// One residual block and, where the level attends, one transformer after it.
struct UNetLayer: Sendable {
    let residual: ResidualBlock
    let transformer: SpatialTransformer?

    func callAsFunction(
        _ x: Tensor, _ conditioning: inout Conditioning, on backend: some Backend
    ) throws -> Tensor {
        let h = try residual(x, shift: conditioning.nextShift(), on: backend)
        guard let transformer else { return h }
        return try transformer(h, text: conditioning.nextText(), on: backend)
    }
}

/// One level on the way down: layers, then a halving of the size.
///
/// Source: diffusers `DownBlock2D`, `CrossAttnDownBlock2D`.
struct DownLevel: Sendable {
    let layers: [UNetLayer]
    let downsampler: Downsampler?

    /// Appends each layer's output, and the halved one, to `skips`.
    func callAsFunction(
        _ x: Tensor, skips: inout [Tensor], _ conditioning: inout Conditioning, on backend: some Backend
    ) throws -> Tensor {
        var x = x
        let attends = layers.contains { $0.transformer != nil }
        for (index, layer) in layers.enumerated() {
            x = try layer(x, &conditioning, on: backend)
            // T2I-Adapters reach a level with attention before it is halved, and one without after that.
            if index == layers.count - 1, attends || downsampler == nil {
                x = try conditioning.adapted(x, on: backend)
            }
            skips.append(x)
        }
        if let downsampler {
            x = try downsampler(x, on: backend)
            if !attends { x = try conditioning.adapted(x, on: backend) }
            skips.append(x)
        }
        return x
    }
}

/// The lowest level: a residual block and, where it attends, a transformer and another residual block.
///
/// Source: diffusers `UNetMidBlock2DCrossAttn`; `UNetMidBlock2D` as `UNet2DConditionModel` makes it has no second block.
struct MiddleLevel: Sendable {
    let first: UNetLayer
    let second: ResidualBlock?

    func callAsFunction(
        _ x: Tensor, _ conditioning: inout Conditioning, on backend: some Backend
    ) throws -> Tensor {
        let h = try first(x, &conditioning, on: backend)
        return try second?(h, shift: conditioning.nextShift(), on: backend) ?? h
    }
}

/// One level on the way up: layers that each take a skip from the way down, then an enlargement.
///
/// Source: diffusers `UpBlock2D`, `CrossAttnUpBlock2D`.
struct UpLevel: Sendable {
    let layers: [UNetLayer]
    let upsampler: Upsampler?

    /// Takes the last skips; the enlarged size is that of the next skip, which is odd for odd latents.
    func callAsFunction(
        _ x: Tensor, skips: inout [Tensor], _ conditioning: inout Conditioning, on backend: some Backend
    ) throws -> Tensor {
        var x = x
        for layer in layers {
            x = try layer(joined(x, &skips, &conditioning, on: backend), &conditioning, on: backend)
        }
        guard let upsampler, let next = skips.last else { return x }
        return try upsampler(x, size: (next.shape[1], next.shape[2]), on: backend)
    }

    /// In a function of its own, so that the skip's memory is free as soon as it is joined.
    private func joined(
        _ x: Tensor, _ skips: inout [Tensor], _ conditioning: inout Conditioning, on backend: some Backend
    ) throws -> Tensor {
        guard var skip = skips.popLast() else { return x }
        skip = try conditioning.controlled(skip: skip, on: backend)
        return try backend.concatenateChannels([x, backend.shared(skip, by: x.shape[0])])
    }
}
