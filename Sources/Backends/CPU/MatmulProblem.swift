import CVendor
import DaguerreTensors

/// The extents of a matrix of weights `[outputs, inputs]`.
struct MatrixExtent: Hashable {
    let outputs, inputs: Int
    let type: ElementType

    /// Rows of the product by which a layout is chosen; oneDNN 3.2 chooses the same for 1 and for 8192.
    private static let typicalRows = 1024

    /// The matrix as oneDNN names it, `[inputs, outputs]`, lying in memory as checkpoints have it.
    func plain(_ library: OneDNN) throws(BackendError) -> MemoryDescriptor {
        try MemoryDescriptor(library, [inputs, outputs], type, strides: [1, inputs])
    }

    /// The layout that oneDNN prefers; nil where it has no fast product in this type.
    func layout(_ library: OneDNN, threadCount: Int) throws(BackendError) -> MemoryDescriptor? {
        let source = try MemoryDescriptor(library, dense: [Self.typicalRows, inputs], type)
        let weights = try MemoryDescriptor(library, [inputs, outputs], type, strides: nil)
        let bias = try MemoryDescriptor(library, dense: [1, outputs], .float32)
        let destination = try MemoryDescriptor(library, dense: [Self.typicalRows, outputs], type)
        let attributes = try PrimitiveAttributes(library) { _ throws(BackendError) in destination }
        library.functions.omp_set_num_threads?(Int32(threadCount))
        let description = PrimitiveDescription(library, "linear") {
            library.functions.matmul_primitive_desc_create(
                $0, library.engine, source.handle, weights.handle, bias.handle, destination.handle, attributes.handle)
        }
        return try description?.descriptor(Int32(DAGUERRE_DNNL_QUERY_WEIGHTS))
    }
}

/// A product of `[rows, inputs]` with a packed matrix and a bias, by all that a primitive depends on.
struct MatmulProblem: Hashable {
    let rows: Int
    let matrix: MatrixExtent
    let destination: ElementType
    let operations: [PostOperation]
    let layout: Layout

    /// Compared by identity: a session has one object for each layout.
    struct Layout: Hashable {
        let descriptor: MemoryDescriptor

        static func == (one: Layout, other: Layout) -> Bool { one.descriptor === other.descriptor }

        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(descriptor)) }
    }

    func compile(_ library: OneDNN, threadCount: Int) throws(BackendError) -> CompiledPrimitive? {
        let source = try MemoryDescriptor(library, dense: [rows, matrix.inputs], matrix.type)
        let bias = try MemoryDescriptor(library, dense: [1, matrix.outputs], .float32)
        let output = try MemoryDescriptor(library, dense: [rows, matrix.outputs], destination)
        var operand: (index: Int, descriptor: MemoryDescriptor)?
        for (index, operation) in operations.enumerated() {
            switch operation {
            case .activation: continue
            case .add(let type), .multiply(let type):
                operand = (index, try MemoryDescriptor(library, dense: [rows, matrix.outputs], type))
            }
        }
        let attributes = try PrimitiveAttributes(library, operations) { _ throws(BackendError) in
            operand?.descriptor ?? output
        }
        library.functions.omp_set_num_threads?(Int32(threadCount))
        let description = PrimitiveDescription(library, "linear") {
            library.functions.matmul_primitive_desc_create(
                $0, library.engine, source.handle, layout.descriptor.handle, bias.handle, output.handle,
                attributes.handle)
        }
        guard let description else { return nil }
        return try CompiledPrimitive(
            description, source: source, weights: layout.descriptor, destination: output, bias: bias, operand: operand,
            threadCount: threadCount)
    }
}
