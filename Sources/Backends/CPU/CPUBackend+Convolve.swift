import CKernels
import DaguerreTensors

extension CPUBackend {
    /// Computes `image`: adds the residual to the convolution, then activates.
    func convolve(
        _ image: ImageConvolution, _ filter: Filter, bias: UnsafeMutablePointer<Float>
    ) throws(BackendError) {
        guard image.batch > 0 else { return }
        var operations: [PostOperation] = []
        if image.residual != nil { operations.append(.add(activationType)) }
        if image.activation != .identity { operations.append(.activation(image.activation)) }
        switch filter {
        case .matrix(let matrix):
            try multiply(
                MatrixProduct(
                    rows: image.batch * image.height * image.width, source: image.source,
                    destination: image.destination, destinationType: activationType, operations: operations,
                    operand: image.residual),
                matrix, bias: bias)
        case .convolution(let packed):
            guard try !convolveByVendor(image, packed, operations, bias: bias) else { return }
            convolveOurselves(
                image, packed.extent, try ownWeights(packed), bias: bias, try scratch(image, packed.extent))
        }
    }

    /// False, and nothing is done, where oneDNN is not there or refuses.
    private func convolveByVendor(
        _ image: ImageConvolution, _ packed: PackedConvolution, _ operations: [PostOperation],
        bias: UnsafeMutablePointer<Float>
    ) throws(BackendError) -> Bool {
        guard let session, let layout = packed.layout else { return false }
        var problem = ConvolutionProblem(
            batch: image.batch, height: image.height, width: image.width, extent: packed.extent,
            operations: operations, layout: MatmulProblem.Layout(descriptor: layout))
        var primitive = try session.convolution(problem)
        if primitive == nil, let better = try relayout(packed, for: problem, session) {
            problem.layout = MatmulProblem.Layout(descriptor: better)
            primitive = try session.convolution(problem)
        }
        guard let primitive else { return false }
        try withScratch(primitive.scratchByteCount) { (scratch) throws(BackendError) in
            try primitive.execute(
                CompiledPrimitive.Arguments(
                    source: image.source, weights: packed.buffer.base, destination: image.destination, bias: bias,
                    operand: image.residual, scratch: scratch),
                on: session.streams[0])
        }
        return true
    }

    /// Brings weights into the layout that oneDNN wants for one size of image; nil if they have it already.
    ///
    /// Happens to a few convolutions on small images only, so one copy of the weights is kept: the last.
    private func relayout(
        _ packed: PackedConvolution, for problem: ConvolutionProblem, _ session: VendorSession
    ) throws(BackendError) -> MemoryDescriptor? {
        var wanted = problem
        wanted.layout = nil
        wanted.operations = []
        guard let old = packed.layout, let layout = try session.layout(of: wanted), layout !== old else { return nil }
        let buffer = try CPUBuffer(byteCount: layout.byteCount, .weight, arena: arena, ledger: ledger)
        buffer.base.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
        let reorder = try Reorder(session.library, from: old, to: layout)
        try withScratch(max(1, reorder.scratchByteCount)) { (scratch) throws(BackendError) in
            guard let scratch else { return }
            try reorder.execute(from: packed.buffer.base, to: buffer.base, scratch: scratch, on: session.streams[0])
        }
        packed.replace(layout: layout, buffer: buffer)
        return layout
    }

    /// The weights packed for our own kernel; made from oneDNN's layout when they are first needed.
    private func ownWeights(_ packed: PackedConvolution) throws(BackendError) -> CPUBuffer {
        guard let session, let layout = packed.layout else { return packed.buffer }
        if let own = packed.own { return own }
        let extent = packed.extent
        let own = try CPUBuffer(
            byteCount: daguerre_convolution_packed_size(extent.outputs, extent.inputs, extent.kernel), .weight,
            arena: arena, ledger: ledger)
        let plain = try MemoryDescriptor(session.library, dense: extent.dims, extent.type)
        try withPlain(layout, packed.buffer, as: plain) { elements in
            daguerre_convolution_pack(
                team.handle, extent.type.kernelType, elements, own.base, extent.outputs, extent.inputs, extent.kernel)
        }
        packed.own = own
        return own
    }

    private func kernelShape(_ image: ImageConvolution, _ extent: ConvolutionExtent) -> daguerre_convolution_shape {
        daguerre_convolution_shape(
            type: extent.type.kernelType, batch: image.batch, height: image.height, width: image.width,
            inputs: extent.inputs, outputs: extent.outputs, kernel: extent.kernel, stride: extent.stride,
            top: extent.padding.top, left: extent.padding.left, out_height: extent.outputHeight(image.height),
            out_width: extent.outputWidth(image.width))
    }

    private func scratch(_ image: ImageConvolution, _ extent: ConvolutionExtent) throws(BackendError) -> CPUBuffer? {
        var shape = kernelShape(image, extent)
        let byteCount = daguerre_convolution_scratch(&shape, Int32(team.size))
        return byteCount == 0 ? nil : try CPUBuffer(byteCount: byteCount, arena: arena, ledger: ledger)
    }

    private func convolveOurselves(
        _ image: ImageConvolution, _ extent: ConvolutionExtent, _ weights: CPUBuffer,
        bias: UnsafeMutablePointer<Float>, _ scratch: CPUBuffer?
    ) {
        var shape = kernelShape(image, extent)
        daguerre_convolution(
            team.handle, &shape, image.source, weights.base, bias, image.residual, image.destination,
            image.activation.kernelActivation, scratch?.base)
        withExtendedLifetime((weights, scratch)) {}
    }
}
