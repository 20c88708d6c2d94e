import CKernels
public import DaguerreTensors

// Each operation is its protocol's.
// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUBackend {
    public func prepareConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?, stride: Int, padding: Padding
    ) throws -> ConvolutionWeight {
        precondition(weight.shape.rank == 4 && weight.shape[2] == weight.shape[3], "a convolution is [O, I, K, K]")
        let extent = ConvolutionExtent(
            outputs: weight.shape[0], inputs: weight.shape[1], kernel: weight.shape[2], stride: stride,
            padding: padding, type: activationType)
        // A convolution that looks at one pixel at a time is a matrix product.
        let isMatrix = extent.kernel == 1 && stride == 1 && padding == Padding(0)
        let storage: any WeightStorage =
            isMatrix ? try packMatrix(weight, bias) : try packConvolution(weight, bias, extent)
        return ConvolutionWeight(
            name: name, inputChannels: extent.inputs, outputChannels: extent.outputs, kernel: extent.kernel,
            stride: stride, padding: padding, storage: storage)
    }

    public func prepareUpsampleConvolution(
        _ name: String, weight: HostTensor, bias: HostTensor?
    ) throws -> UpsampleConvolutionWeight {
        precondition(weight.shape.rank == 4 && weight.shape[2] == 3 && weight.shape[3] == 3, "it is [O, I, 3, 3]")
        let storage = PackedUpsampleConvolution(
            phases: try packPhases(weight, bias), weight: weight, bias: bias)
        return UpsampleConvolutionWeight(
            name: name, inputChannels: weight.shape[1], outputChannels: weight.shape[0], storage: storage)
    }

    public func prepareLinear(_ name: String, weight: HostTensor, bias: HostTensor?) throws -> LinearWeight {
        let extents = weight.shape.extents
        precondition(
            extents.count == 2 || extents.count == 4 && extents[2...] == [1, 1], "a matrix is [O, I] or [O, I, 1, 1]")
        return LinearWeight(
            name: name, inputFeatures: extents[1], outputFeatures: extents[0], storage: try packMatrix(weight, bias))
    }

    public func prepareNorm(_ name: String, scale: HostTensor, shift: HostTensor) throws -> NormWeight {
        precondition(scale.shape.rank == 1 && shift.shape == scale.shape, "scale and shift are [C]")
        let channels = scale.shape[0]
        let buffer = try CPUBuffer(byteCount: 2 * channels * 4, .weight, arena: arena, ledger: ledger)
        let norm = PackedNorm(buffer: buffer, channels: channels)
        try writeVector(scale, count: channels, to: norm.scale)
        try writeVector(shift, count: channels, to: norm.shift)
        return NormWeight(name: name, channels: channels, storage: norm)
    }
}

extension CPUBackend {
    /// Writes `vector`, or zeros for none, as float32.
    private func writeVector(
        _ vector: HostTensor?, count: Int, to destination: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
        guard let vector else { return destination.update(repeating: 0, count: count) }
        precondition(vector.shape.elementCount == count, "a vector has one element for each channel")
        try WeightSource.with(vector, for: .float32, team: team) { (source) throws(BackendError) in
            source.write(count, as: .float32, to: destination)
        }
    }

    private func packMatrix(_ weight: HostTensor, _ bias: HostTensor?) throws(BackendError) -> PackedMatrix {
        let extent = MatrixExtent(outputs: weight.shape[0], inputs: weight.shape[1], type: activationType)
        let layout = try session?.layout(of: extent) ?? nil
        let packedByteCount = MemoryArena.size(
            layout?.byteCount ?? daguerre_gemm_packed_size(extent.outputs, extent.inputs))
        let buffer = try CPUBuffer(
            byteCount: packedByteCount + extent.outputs * 4, .weight, arena: arena, ledger: ledger)
        let matrix = PackedMatrix(extent, layout: layout, buffer: buffer, biasOffset: packedByteCount)
        try writeVector(bias, count: extent.outputs, to: matrix.bias)
        if let session, let layout {
            try WeightSource.with(weight, for: extent.type, team: team) { (source) throws(BackendError) in
                try WeightPacking(session: session, team: team, arena: arena).pack(
                    source, .matrix(extent),
                    to: WeightPacking.Target(layout: layout, type: extent.type, base: buffer.base))
            }
        } else {
            try withRounded(weight) { rounded in
                daguerre_gemm_pack(
                    team.handle, extent.type.kernelType, rounded, buffer.base, extent.outputs, extent.inputs)
            }
        }
        return matrix
    }

    /// Packs a convolution for oneDNN, or for our own kernel where it has none.
    func packConvolution(
        _ weight: HostTensor, _ bias: HostTensor?, _ extent: ConvolutionExtent
    ) throws(BackendError) -> PackedConvolution {
        let packed = try makeConvolution(extent, bias)
        if let session, let layout = packed.layout {
            try WeightSource.with(weight, for: extent.type, team: team) { (source) throws(BackendError) in
                try WeightPacking(session: session, team: team, arena: arena).pack(
                    source, .convolution(extent),
                    to: WeightPacking.Target(layout: layout, type: extent.type, base: packed.buffer.base))
            }
        } else {
            try withRounded(weight) { rounded in
                daguerre_convolution_pack(
                    team.handle, extent.type.kernelType, rounded, packed.buffer.base, extent.outputs, extent.inputs,
                    extent.kernel)
            }
        }
        return packed
    }

    /// Memory for a packed convolution, with its bias but without its weights.
    private func makeConvolution(
        _ extent: ConvolutionExtent, _ bias: HostTensor?
    ) throws(BackendError) -> PackedConvolution {
        let layout = try session?.layout(of: ConvolutionProblem.typical(extent)) ?? nil
        let byteCount =
            layout?.byteCount ?? daguerre_convolution_packed_size(extent.outputs, extent.inputs, extent.kernel)
        let buffer = try CPUBuffer(byteCount: byteCount, .weight, arena: arena, ledger: ledger)
        let biasBuffer = try CPUBuffer(byteCount: extent.outputs * 4, .weight, arena: arena, ledger: ledger)
        try writeVector(
            bias, count: extent.outputs, to: biasBuffer.base.assumingMemoryBound(to: Float.self))
        return PackedConvolution(extent, layout: layout, buffer: buffer, bias: biasBuffer)
    }

    /// The four 2×2 convolutions of an upsampling one; sums of weights are made in float32 before they are rounded.
    private func packPhases(_ weight: HostTensor, _ bias: HostTensor?) throws(BackendError) -> [PackedConvolution] {
        let outputs = weight.shape[0]
        let inputs = weight.shape[1]
        var phases: [PackedConvolution] = []
        for phase in 0..<4 {
            let (row, column) = (phase / 2, phase % 2)
            let padding = Padding(top: 1 - row, left: 1 - column, bottom: row, right: column)
            let extent = ConvolutionExtent(
                outputs: outputs, inputs: inputs, kernel: 2, stride: 1, padding: padding, type: activationType)
            phases.append(try makeConvolution(extent, bias))
        }
        try WeightSource.with(weight, for: .float32, team: team) { (source) throws(BackendError) in
            for (phase, packed) in phases.enumerated() { try packPhase(phase, source, packed) }
        }
        return phases
    }

    private func packPhase(
        _ phase: Int, _ source: WeightSource, _ packed: PackedConvolution
    ) throws(BackendError) {
        let extent = packed.extent
        let inputs = extent.inputs
        /// Phases of outputs `range` at `staging`: 16 floats for each weight matrix entry, then 9 of the weight itself.
        func part(_ range: Range<Int>, _ staging: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
            let rows = range.count * inputs
            let phases = staging.assumingMemoryBound(to: Float.self)
            let whole = phases + 16 * rows
            source.write(
                range.lowerBound * inputs * 9..<range.upperBound * inputs * 9, as: .float32, to: whole)
            daguerre_upsample_phases(whole, phases, rows)
            return UnsafeMutableRawPointer(phases + phase * 4 * rows)
        }
        if let session, let layout = packed.layout {
            try WeightPacking(session: session, team: team, arena: arena).pack(
                .float32, .convolution(extent),
                to: WeightPacking.Target(layout: layout, type: extent.type, base: packed.buffer.base),
                stagingByteCount: { $0 * inputs * 25 * 4 }, part: part)
            return
        }
        let count = extent.outputs * inputs
        try withScratch(count * 25 * 4) { (scratch) throws(BackendError) in
            guard let scratch else { return }
            let floats = part(0..<extent.outputs, scratch)
            try withScratch(count * 4 * extent.type.byteCount) { (rounded) throws(BackendError) in
                guard let rounded else { return }
                daguerre_convert(
                    team.handle, DAGUERRE_FLOAT32, floats, extent.type.kernelType, rounded, count * 4)
                daguerre_convolution_pack(
                    team.handle, extent.type.kernelType, rounded, packed.buffer.base, extent.outputs, inputs, 2)
            }
        }
    }

    /// Calls `body` with a copy of `weight` in the backend's precision, in the checkpoint's order.
    private func withRounded(
        _ weight: HostTensor, _ body: (UnsafeMutableRawPointer) -> Void
    ) throws(BackendError) {
        let count = weight.shape.elementCount
        try withScratch(count * activationType.byteCount) { (scratch) throws(BackendError) in
            guard let scratch else { return }
            try WeightSource.with(weight, for: activationType, team: team) { (source) throws(BackendError) in
                source.write(count, as: activationType, to: scratch)
            }
            body(scratch)
        }
    }
}
