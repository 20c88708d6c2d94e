import CVendor
import DaguerreTensors

/// A change of layout or element type, run by one thread; many threads may run it at once.
final class Reorder {
    let scratchByteCount: Int
    private let library: OneDNN
    private let primitive: OpaquePointer
    private let source, destination, scratch: MemoryDescriptor?

    init(
        _ library: OneDNN, from source: MemoryDescriptor, to destination: MemoryDescriptor
    ) throws(BackendError) {
        let attributes = try PrimitiveAttributes(library) { _ throws(BackendError) in destination }
        library.functions.omp_set_num_threads?(1)
        var status: Int32 = 0
        let description = PrimitiveDescription(library, "weights", takesAny: true) {
            status = library.functions.reorder_primitive_desc_create(
                $0, source.handle, library.engine, destination.handle, library.engine, attributes.handle)
            return status
        }
        guard let description else { throw .vendor(operation: "weights", status: Int(status)) }
        scratch = try description.descriptor(Int32(DAGUERRE_DNNL_QUERY_SCRATCHPAD))
        scratchByteCount = scratch?.byteCount ?? 0
        var primitive: OpaquePointer?
        try OneDNN.check(library.functions.primitive_create(&primitive, description.handle), "weights")
        guard let primitive else { throw .vendor(operation: "weights", status: 0) }
        self.primitive = primitive
        self.library = library
        self.source = source
        self.destination = destination
    }

    deinit { _ = library.functions.primitive_destroy(primitive) }

    /// Runs on `stream`, which no other thread uses meanwhile.
    func execute(
        from source: UnsafeMutableRawPointer, to destination: UnsafeMutableRawPointer,
        scratch: UnsafeMutableRawPointer, on stream: OpaquePointer
    ) throws(BackendError) {
        library.functions.omp_set_num_threads?(1)
        var arguments: [dnnl_exec_arg_t] = []
        defer {
            for argument in arguments {
                if let memory = argument.memory { _ = library.functions.memory_destroy(memory) }
            }
        }
        let tensors = [
            (Int32(DAGUERRE_DNNL_ARG_SOURCE), self.source, source),
            (Int32(DAGUERRE_DNNL_ARG_DESTINATION), self.destination, destination),
            (Int32(DAGUERRE_DNNL_ARG_SCRATCHPAD), scratchByteCount > 0 ? self.scratch : nil, scratch),
        ]
        for (argument, descriptor, pointer) in tensors {
            guard let descriptor else { continue }
            var memory: OpaquePointer?
            let status = library.functions.memory_create(&memory, descriptor.handle, library.engine, pointer)
            try OneDNN.check(status, "weights")
            arguments.append(dnnl_exec_arg_t(argument: argument, memory: memory))
        }
        let status = library.functions.primitive_execute(primitive, stream, Int32(arguments.count), arguments)
        try OneDNN.check(status, "weights")
        try OneDNN.check(library.functions.stream_wait(stream), "weights")
    }
}
