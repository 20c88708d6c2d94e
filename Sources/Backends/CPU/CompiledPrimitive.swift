import CVendor
import DaguerreTensors

/// A primitive that is made for one shape, with the handles of its arguments: running it allocates nothing.
final class CompiledPrimitive {
    /// The tensors of one run.
    struct Arguments {
        var source, weights, destination: UnsafeMutableRawPointer
        var bias: UnsafeMutableRawPointer?
        /// What a post-operation adds or multiplies by.
        var operand: UnsafeMutableRawPointer?
        var scratch: UnsafeMutableRawPointer?
    }

    /// Scratch space that a run needs.
    let scratchByteCount: Int
    /// Threads that the primitive was made for, and is to be run with.
    let threadCount: Int
    private let library: OneDNN
    private let primitive: OpaquePointer
    /// One for each member of ``Arguments``; nil where the primitive has no such argument.
    private var memories: [OpaquePointer?]
    /// The arguments that there are, as the library takes them.
    private let list: UnsafeMutablePointer<dnnl_exec_arg_t>
    private var count = 0
    private let operation: String

    /// Compiles `description` for arguments that lie as the descriptors say.
    ///
    /// - Parameter operand: the tensor of post-operation number `index`.
    init(
        _ description: PrimitiveDescription, source: MemoryDescriptor, weights: MemoryDescriptor,
        destination: MemoryDescriptor, bias: MemoryDescriptor? = nil,
        operand: (index: Int, descriptor: MemoryDescriptor)? = nil, threadCount: Int
    ) throws(BackendError) {
        library = description.library
        operation = description.operation
        self.threadCount = threadCount
        let functions = library.functions
        var primitive: OpaquePointer?
        try OneDNN.check(functions.primitive_create(&primitive, description.handle), operation)
        guard let primitive else { throw .vendor(operation: operation, status: 0) }
        self.primitive = primitive
        let scratch = try description.descriptor(Int32(DAGUERRE_DNNL_QUERY_SCRATCHPAD))
        scratchByteCount = scratch?.byteCount ?? 0

        let base = Int32(DAGUERRE_DNNL_ARG_POST_OP_BASE)
        let operandArgument = operand.map {
            base * Int32($0.index + 1) | Int32(DAGUERRE_DNNL_ARG_POST_OP_OPERAND)
        }
        // The order is that of `Arguments`.
        let arguments: [(Int32, MemoryDescriptor?)] = [
            (Int32(DAGUERRE_DNNL_ARG_SOURCE), source), (Int32(DAGUERRE_DNNL_ARG_WEIGHTS), weights),
            (Int32(DAGUERRE_DNNL_ARG_DESTINATION), destination), (Int32(DAGUERRE_DNNL_ARG_BIAS), bias),
            (operandArgument ?? 0, operand?.descriptor),
            (Int32(DAGUERRE_DNNL_ARG_SCRATCHPAD), scratchByteCount > 0 ? scratch : nil),
        ]
        memories = [OpaquePointer?](repeating: nil, count: arguments.count)
        list = .allocate(capacity: arguments.count)
        for (index, (argument, descriptor)) in arguments.enumerated() {
            guard let descriptor else { continue }
            var memory: OpaquePointer?
            try OneDNN.check(
                functions.memory_create(&memory, descriptor.handle, library.engine, nil), operation)
            memories[index] = memory
            list[count] = dnnl_exec_arg_t(argument: argument, memory: memory)
            count += 1
        }
    }

    deinit {
        for case let memory? in memories { _ = library.functions.memory_destroy(memory) }
        list.deallocate()
        _ = library.functions.primitive_destroy(primitive)
    }

    /// Runs on `stream` and returns when the result is there.
    func execute(_ arguments: Arguments, on stream: OpaquePointer) throws(BackendError) {
        set(0, arguments.source)
        set(1, arguments.weights)
        set(2, arguments.destination)
        set(3, arguments.bias)
        set(4, arguments.operand)
        set(5, arguments.scratch)
        library.functions.omp_set_num_threads?(Int32(threadCount))
        try OneDNN.check(library.functions.primitive_execute(primitive, stream, Int32(count), list), operation)
        try OneDNN.check(library.functions.stream_wait(stream), operation)
    }

    private func set(_ slot: Int, _ pointer: UnsafeMutableRawPointer?) {
        if let memory = memories[slot] { _ = library.functions.memory_set_data_handle(memory, pointer) }
    }
}

/// What oneDNN would do for an operation: the implementation it chose and the layouts it wants.
final class PrimitiveDescription {
    let handle: OpaquePointer
    let library: OneDNN
    let operation: String

    /// Implementations of oneDNN's that are no use: its plain reference loops are thousands of times slower than ours, and
    /// its old matrix products split sums by the number of threads, so that results would depend on it.
    private static let refused = ["ref", "gemm"]

    /// Nil where oneDNN has no implementation, or none of use.
    init?(
        _ library: OneDNN, _ operation: String, takesAny: Bool = false,
        _ create: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) {
        var handle: OpaquePointer?
        guard create(&handle) == 0, let handle else { return nil }
        var name: UnsafePointer<CChar>?
        _ = library.functions.primitive_desc_query(
            handle, Int32(DAGUERRE_DNNL_QUERY_IMPLEMENTATION), 0, &name)
        let implementation = name.map { String(cString: $0) } ?? ""
        guard takesAny || !Self.refused.contains(where: { implementation.hasPrefix($0) }) else {
            _ = library.functions.primitive_desc_destroy(handle)
            return nil
        }
        self.handle = handle
        self.library = library
        self.operation = operation
    }

    deinit { _ = library.functions.primitive_desc_destroy(handle) }

    /// The layout of an argument, or nil where it has none.
    func descriptor(_ query: Int32) throws(BackendError) -> MemoryDescriptor? {
        guard let found = library.functions.primitive_desc_query_md(handle, query, 0) else { return nil }
        return try MemoryDescriptor(library, copying: found)
    }
}
