public import DaguerreTensors

// Each operation is its protocol's, counted.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension MeterBackend {
    public func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight {
        precondition(weight.shape.rank == 4 && weight.shape[2] == weight.shape[3], "a convolution is [O, I, K, K]")
        return ConvolutionWeight(
            name: name, inputChannels: weight.shape[1], outputChannels: weight.shape[0], kernel: weight.shape[2],
            stride: stride, padding: padding, storage: storage(weight.shape, bias))
    }

    public func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight {
        precondition(weight.shape.rank == 4 && weight.shape[2] == 3 && weight.shape[3] == 3, "it is [O, I, 3, 3]")
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        let storage = MeterWeight(
            byteCount: memoryModel.upsampleWeight(outputs: outputs, inputs: inputs, activationType),
            parameterCount: weight.shape.elementCount + (bias?.shape.elementCount ?? 0), tally: tally)
        return UpsampleConvolutionWeight(
            name: name, inputChannels: inputs, outputChannels: outputs, storage: storage)
    }

    public func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight {
        let extents = weight.shape.extents
        precondition(extents.count == 2 || extents.dropFirst(2) == [1, 1], "a matrix is [O, I] or [O, I, 1, 1]")
        return LinearWeight(
            name: name, inputFeatures: extents[1], outputFeatures: extents[0],
            storage: storage(weight.shape, bias))
    }

    public func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight {
        precondition(scale.shape.rank == 1 && shift.shape == scale.shape, "scale and shift are [C]")
        let channels = scale.shape[0]
        let storage = MeterWeight(
            byteCount: MemoryModel.allocation(2 * channels * 4), parameterCount: 2 * channels, tally: tally)
        return NormWeight(name: name, channels: channels, storage: storage)
    }

    /// A matrix or kernel of the given shape, whose first axis is the outputs.
    private func storage(_ shape: Shape, _ bias: HostTensor?) -> MeterWeight {
        MeterWeight(
            byteCount: memoryModel.weight(
                outputs: shape[0], inputs: shape.extents.dropFirst().reduce(1, *), activationType),
            parameterCount: shape.elementCount + (bias?.shape.elementCount ?? 0), tally: tally)
    }
}
