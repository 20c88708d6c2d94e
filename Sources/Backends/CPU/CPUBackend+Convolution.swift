import CKernels
public import DaguerreTensors

// Each operation is its protocol's.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
    public func convolution(
        _ x: Tensor, _ weight: ConvolutionWeight, shift: Tensor?, residual: Tensor?, activation: Activation
    ) throws -> Tensor {
        let operation = weight.name
        precondition(x.shape.rank == 4 && x.shape.channels == weight.inputChannels, "x is [N, H, W, I]")
        let shape = weight.outputShape(x.shape)
        precondition(residual.map { $0.shape == shape } ?? true, "the residual has the output's shape")
        let filter = try filter(weight)
        let x = try tensor(x, as: activationType, operation)
        let residual = try residual.map { try tensor($0, as: activationType, operation) }
        let (result, base) = try makeTensor(shape, activationType)
        var image = ImageConvolution(
            batch: shape[0], height: x.shape[1], width: x.shape[2], source: try elements(x, operation),
            destination: base, residual: try residual.map { try elements($0, operation) }, activation: activation)

        guard let shift else {
            try convolve(image, filter, bias: filter.bias)
            withExtendedLifetime((x, residual)) {}
            return result
        }
        // The shift of a sample is a part of its bias.
        let outputs = weight.outputChannels
        precondition(shift.shape == [1, outputs] || shift.shape == [shape[0], outputs], "the shift is [1 or N, O]")
        let runs = shift.shape[0]
        image.batch = runs == 1 ? shape[0] : 1
        let shift32 = try tensor(shift, as: .float32, operation)
        let shifts = try elements(shift32, operation).assumingMemoryBound(to: Float.self)
        try withScratch(outputs * 4) { (scratch) throws(BackendError) in
            guard let bias = scratch?.assumingMemoryBound(to: Float.self) else { return }
            for run in 0..<runs {
                for i in 0..<outputs { bias[i] = filter.bias[i] + shifts[run * outputs + i] }
                try convolve(image, filter, bias: bias)
                image.advance(
                    sourceBytes: x.shape.elementCount / max(shape[0], 1) * activationType.byteCount,
                    destinationBytes: shape.elementCount / max(shape[0], 1) * activationType.byteCount)
            }
        }
        withExtendedLifetime((x, residual, shift32)) {}
        return result
    }

    public func upsampleConvolution(
        _ x: Tensor, _ weight: UpsampleConvolutionWeight, height: Int, width: Int
    ) throws -> Tensor {
        let operation = weight.name
        precondition(x.shape.rank == 4 && x.shape.channels == weight.inputChannels, "x is [N, H, W, I]")
        guard let packed = weight.storage as? PackedUpsampleConvolution else {
            throw BackendError.foreignStorage(operation: operation)
        }
        let x = try tensor(x, as: activationType, operation)
        let shape: Shape = [x.shape[0], height, width, weight.outputChannels]
        let doubles = height == 2 * x.shape[1] && width == 2 * x.shape[2]
        let result =
            doubles
            ? try convolvePhases(x, packed, shape, operation) : try convolveEnlarged(x, packed, shape, operation)
        withExtendedLifetime(x) {}
        return result
    }

    /// Four convolutions of the small image, whose pixels then take turns; the phases lie beside the result meanwhile.
    private func convolvePhases(
        _ x: Tensor, _ packed: PackedUpsampleConvolution, _ shape: Shape, _ operation: String
    ) throws(BackendError) -> Tensor {
        let (result, base) = try makeTensor(shape, activationType)
        let phaseByteCount = shape.elementCount / 4 * activationType.byteCount
        let source = try elements(x, operation)
        try withScratch(4 * phaseByteCount) { (scratch) throws(BackendError) in
            guard let scratch else { return }
            var phases: [UnsafeRawPointer?] = []
            for (number, phase) in packed.phases.enumerated() {
                let destination = scratch + number * phaseByteCount
                let image = ImageConvolution(
                    batch: shape[0], height: x.shape[1], width: x.shape[2], source: source, destination: destination)
                try convolve(image, .convolution(phase), bias: Filter.convolution(phase).bias)
                phases.append(UnsafeRawPointer(destination))
            }
            daguerre_interleave_phases(
                team.handle, activationType.byteCount, phases, base, shape[0], x.shape[1], x.shape[2], shape.channels)
        }
        return result
    }

    /// The enlarged image, then an ordinary convolution.
    private func convolveEnlarged(
        _ x: Tensor, _ packed: PackedUpsampleConvolution, _ shape: Shape, _ operation: String
    ) throws(BackendError) -> Tensor {
        let whole = if let known = packed.whole { known } else { try packWhole(packed) }
        let filter = Filter.convolution(whole)
        let (result, base) = try makeTensor(shape, activationType)
        let source = try elements(x, operation)
        let enlargedByteCount = shape.rows * x.shape.channels * activationType.byteCount
        try withScratch(enlargedByteCount) { (enlarged) throws(BackendError) in
            guard let enlarged else { return }
            daguerre_upsample_nearest(
                team.handle, activationType.byteCount, source, enlarged, x.shape[0], x.shape[1], x.shape[2], shape[1],
                shape[2], x.shape.channels)
            let image = ImageConvolution(
                batch: shape[0], height: shape[1], width: shape[2], source: enlarged, destination: base)
            try convolve(image, filter, bias: filter.bias)
        }
        return result
    }

    private func packWhole(_ packed: PackedUpsampleConvolution) throws(BackendError) -> PackedConvolution {
        let extent = ConvolutionExtent(
            outputs: packed.weight.shape[0], inputs: packed.weight.shape[1], kernel: 3, stride: 1, padding: Padding(1),
            type: activationType)
        let whole = try packConvolution(packed.weight, packed.bias, extent)
        packed.whole = whole
        return whole
    }

    private func filter(_ weight: ConvolutionWeight) throws(BackendError) -> Filter {
        if let matrix = weight.storage as? PackedMatrix { return .matrix(matrix) }
        if let convolution = weight.storage as? PackedConvolution { return .convolution(convolution) }
        throw .foreignStorage(operation: weight.name)
    }
}

/// What a convolution multiplies by.
enum Filter {
    /// One pixel by one pixel.
    case matrix(PackedMatrix)
    case convolution(PackedConvolution)

    /// float32, one for each output.
    var bias: UnsafeMutablePointer<Float> {
        switch self {
        case .matrix(let matrix): matrix.bias
        case .convolution(let convolution): convolution.bias.base.assumingMemoryBound(to: Float.self)
        }
    }
}

/// One convolution of images in the backend's precision.
struct ImageConvolution {
    var batch: Int
    let height, width: Int
    var source, destination: UnsafeMutableRawPointer
    var residual: UnsafeMutableRawPointer?
    var activation = Activation.identity

    /// Goes on to the next sample.
    mutating func advance(sourceBytes: Int, destinationBytes: Int) {
        source += sourceBytes
        destination += destinationBytes
        residual = residual.map { $0 + destinationBytes }
    }
}
