import DaguerreCheckpoints
import DaguerreTensors

/// Makes a changed copy of a layer's weight, which it reads again from the checkpoint.
struct WeightMerger {
    let backend: any Backend
    let layers: ComponentLayers

    /// A weight and bias of the layer's own shapes, float32.
    struct Merged {
        let weight: HostTensor
        let bias: HostTensor?
    }

    /// Changes the layer at `path` by all parts of `layer`, one after the other.
    func merged(_ path: String, _ layer: LayerAdaptations.Layer) throws -> Merged {
        let key = path + ".weight"
        guard let stored = layers.store[key] else {
            throw CheckpointError.unusable(file: key, missing: [key], misshapen: [], unread: [])
        }
        let arithmetic = DeltaArithmetic(backend: backend)
        let shape = stored.shape
        let matrix: Shape = [shape[0], shape.elementCount / max(shape[0], 1)]
        var weight = try backend.upload(stored.reshaped(matrix), as: .float32)
        var bias = try layers.store[path + ".bias"].map { try backend.upload($0, as: .float32) }
        for part in layer.parts {
            if let change = part.delta.weight {
                let (difference, scale) = try arithmetic.matrix(change)
                if let magnitude = part.delta.magnitude {
                    let target = try backend.weightedSum([(1, weight), (scale, difference)])
                    let scaled = try backend.upload(
                        rescaled(target, to: magnitude, shape: shape, arithmetic), as: .float32)
                    weight = try backend.weightedSum([(1 - part.factor, weight), (part.factor, scaled)])
                } else {
                    weight = try backend.weightedSum([(1, weight), (part.factor * scale, difference)])
                }
            }
            if let difference = part.delta.bias, let old = bias {
                let difference = try backend.upload(difference.reshaped(old.shape), as: .float32)
                bias = try backend.weightedSum([(1, old), (part.factor, difference)])
            }
        }
        if !backend.isRehearsal { layers.store.dropPages() }
        return Merged(
            weight: try arithmetic.host(weight).reshaped(shape), bias: try bias.map { try arithmetic.host($0) })
    }

    /// `magnitude · V / ‖V‖`, the norm taken of each output's row or of each input's columns.
    ///
    /// With the weight of a request, the layer goes that part of the way from its own weight to this one.
    ///
    /// Source: Liu et al., "DoRA" (arXiv 2402.09353) equation 5; peft `tuners/lora/dora.py`; LyCORIS
    /// `apply_weight_decompose`, which takes inputs where the file has a length for each.
    private func rescaled(
        _ target: Tensor, to magnitude: LayerDelta.Magnitude, shape: Shape, _ arithmetic: DeltaArithmetic
    ) throws -> HostTensor {
        let values = try arithmetic.host(target)
        return try arithmetic.host(target.shape) {
            var values = values.floats
            let lengths = magnitude.values.floats
            let columns = target.shape[1]
            let kernel = shape.extents.dropFirst(2).reduce(1, *)
            /// Which length an element belongs to.
            func group(_ index: Int) -> Int { magnitude.isOfOutputs ? index / columns : index % columns / kernel }
            var squares = [Double](repeating: 0, count: lengths.count)
            for (i, value) in values.enumerated() { squares[group(i)] += Double(value) * Double(value) }
            // A row of zeros has no direction; it stays what it is.
            let factors = zip(lengths, squares).map { length, square in
                square > 0 ? Float(Double(length) / square.squareRoot()) : 1
            }
            for i in values.indices { values[i] *= factors[group(i)] }
            return values
        }
    }
}
