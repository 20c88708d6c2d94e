public import DaguerreTensors

extension ReferenceBackend {
    /// Keeps the weight as `[K, K, I, O]`.
    public func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight {
        precondition(weight.shape.rank == 4 && weight.shape[2] == weight.shape[3], "a convolution is [O, I, K, K]")
        return ConvolutionWeight(
            name: name, inputChannels: weight.shape[1], outputChannels: weight.shape[0], kernel: weight.shape[2],
            stride: stride, padding: padding, storage: try outputsLast(weight, bias: bias))
    }

    /// Keeps the weight as `[3, 3, I, O]`.
    public func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight {
        precondition(weight.shape.rank == 4 && weight.shape[2] == 3 && weight.shape[3] == 3, "it is [O, I, 3, 3]")
        return UpsampleConvolutionWeight(
            name: name, inputChannels: weight.shape[1], outputChannels: weight.shape[0],
            storage: try outputsLast(weight, bias: bias))
    }

    /// Keeps the matrix as `[I, O]`.
    public func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight {
        let extents = weight.shape.extents
        precondition(extents.count == 2 || extents.dropFirst(2) == [1, 1], "a matrix is [O, I] or [O, I, 1, 1]")
        return LinearWeight(
            name: name, inputFeatures: extents[1], outputFeatures: extents[0],
            storage: try outputsLast(weight, bias: bias))
    }

    /// Keeps scale and shift as they are.
    public func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight {
        precondition(scale.shape.rank == 1 && shift.shape == scale.shape, "scale and shift are [C]")
        precondition(!scale.isShapeOnly && !shift.isShapeOnly, "a weight that is computed with has bytes")
        return NormWeight(
            name: name, channels: scale.shape[0],
            storage: FloatWeight(scale.floats, bias: shift.floats, ledger: ledger))
    }

    /// Transposes `[O, I, ...]` to `[..., I, O]`, so that the loop over outputs walks through memory.
    private func outputsLast(_ weight: HostTensor, bias: HostTensor?) throws -> FloatWeight {
        precondition(!weight.isShapeOnly && bias?.isShapeOnly != true, "a weight that is computed with has bytes")
        precondition(bias.map { $0.shape == [weight.shape[0]] } ?? true, "a bias is [O]")
        let outputs = weight.shape[0]
        let inputs = weight.shape[1]
        let taps = weight.shape.extents.dropFirst(2).reduce(1, *)
        try checkMemory(weight.shape.elementCount)
        let source = weight.floats
        var packed = [Float](repeating: 0, count: source.count)
        for o in 0..<outputs {
            for i in 0..<inputs {
                for tap in 0..<taps {
                    packed[(tap * inputs + i) * outputs + o] = source[(o * inputs + i) * taps + tap]
                }
            }
        }
        return FloatWeight(packed, bias: bias?.floats ?? [Float](repeating: 0, count: outputs), ledger: ledger)
    }
}
