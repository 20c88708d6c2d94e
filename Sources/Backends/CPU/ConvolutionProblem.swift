import CVendor
import DaguerreTensors

/// The extents of a square convolution's weights `[outputs, inputs, kernel, kernel]`, and how it steps.
struct ConvolutionExtent: Hashable {
    let outputs, inputs, kernel, stride: Int
    let padding: Padding
    let type: ElementType

    /// Extents in the order of the checkpoint.
    var dims: [Int] { [outputs, inputs, kernel, kernel] }

    /// Height or width of the output.
    func outputHeight(_ height: Int) -> Int { (height + padding.top + padding.bottom - kernel) / stride + 1 }

    /// See ``outputHeight(_:)``.
    func outputWidth(_ width: Int) -> Int { (width + padding.left + padding.right - kernel) / stride + 1 }
}

/// A convolution of `[batch, height, width, inputs]`, by all that a primitive depends on.
struct ConvolutionProblem: Hashable {
    let batch, height, width: Int
    let extent: ConvolutionExtent
    var operations: [PostOperation] = []
    /// The layout of the weights; nil lets oneDNN choose.
    var layout: MatmulProblem.Layout?

    /// An image by which the layout of weights is chosen when they are packed.
    ///
    /// With oneDNN 3.2 the layout of nearly every convolution of the models is the same for all sizes from here on.
    static func typical(_ extent: ConvolutionExtent) -> ConvolutionProblem {
        ConvolutionProblem(batch: 2, height: 32, width: 32, extent: extent)
    }

    /// The layout that oneDNN prefers for one thread; nil where it has no fast convolution of this kind.
    func layout(_ library: OneDNN) throws(BackendError) -> MemoryDescriptor? {
        let tensors = try Tensors(library, self)
        let attributes = try PrimitiveAttributes(library) { _ throws(BackendError) in tensors.destination }
        let weights = try MemoryDescriptor(library, extent.dims, extent.type, strides: nil)
        let description = describe(library, tensors, weights, attributes, threadCount: 1)
        return try description?.descriptor(Int32(DAGUERRE_DNNL_QUERY_WEIGHTS))
    }

    /// A primitive for the first of `threadCounts` that the layout suits.
    ///
    /// Nil if it does not suit one thread, whatever more threads would say: which layout is used, and with it the order
    /// of additions, must not depend on the number of threads.
    func compile(_ library: OneDNN, threadCounts: [Int]) throws(BackendError) -> CompiledPrimitive? {
        guard let layout else { return nil }
        let tensors = try Tensors(library, self)
        var operand: (index: Int, descriptor: MemoryDescriptor)?
        if let index = operations.firstIndex(where: \.hasOperand) { operand = (index, tensors.destination) }
        let attributes = try PrimitiveAttributes(library, operations) { _ throws(BackendError) in tensors.destination }
        func description(_ threadCount: Int) -> PrimitiveDescription? {
            describe(library, tensors, layout.descriptor, attributes, threadCount: threadCount)
        }
        guard description(1) != nil else { return nil }
        for threadCount in threadCounts {
            guard let description = description(threadCount) else { continue }
            return try CompiledPrimitive(
                description, source: tensors.source, weights: layout.descriptor, destination: tensors.destination,
                bias: tensors.bias, operand: operand, threadCount: threadCount)
        }
        return nil
    }

    /// The arguments but the weights.
    private struct Tensors {
        let source, bias, destination: MemoryDescriptor

        init(_ library: OneDNN, _ problem: ConvolutionProblem) throws(BackendError) {
            let extent = problem.extent
            source = try MemoryDescriptor(
                library, image: problem.batch, problem.height, problem.width, extent.inputs, extent.type)
            bias = try MemoryDescriptor(library, dense: [extent.outputs], .float32)
            destination = try MemoryDescriptor(
                library, image: problem.batch, extent.outputHeight(problem.height), extent.outputWidth(problem.width),
                extent.outputs, extent.type)
        }
    }

    private func describe(
        _ library: OneDNN, _ tensors: Tensors, _ weights: MemoryDescriptor, _ attributes: PrimitiveAttributes,
        threadCount: Int
    ) -> PrimitiveDescription? {
        let strides = [Int64](repeating: Int64(extent.stride), count: 2)
        let dilations: [Int64] = [0, 0]
        let before = [Int64(extent.padding.top), Int64(extent.padding.left)]
        let after = [Int64(extent.padding.bottom), Int64(extent.padding.right)]
        library.functions.omp_set_num_threads?(Int32(threadCount))
        return PrimitiveDescription(library, "convolution") {
            library.functions.convolution_forward_primitive_desc_create(
                $0, library.engine, Int32(DAGUERRE_DNNL_FORWARD_INFERENCE), Int32(DAGUERRE_DNNL_CONVOLUTION_DIRECT),
                tensors.source.handle, weights.handle, tensors.bias.handle, tensors.destination.handle, strides,
                dilations, before, after, attributes.handle)
        }
    }
}
