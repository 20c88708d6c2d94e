import CVendor
import DaguerreTensors

/// The vendor's matrix product or convolution with nothing around it, as a yardstick.
///
/// No bias, no fused operation; weights lie as oneDNN likes them best for these very sizes, images in NHWC.
enum BareProblem: Sendable {
    case convolution(Shape, outputs: Int, kernel: Int)
    case matrix(rows: Int, inputs: Int, outputs: Int)
}

/// oneDNN as the backend opened it, used by itself.
final class BarePrimitives {
    private let functions: UnsafeMutablePointer<daguerre_onednn>
    private let engine: OpaquePointer
    private let stream: OpaquePointer
    private let threadCount: Int

    /// Nil where the process has not opened oneDNN yet.
    init?(threadCount: Int) {
        functions = .allocate(capacity: 1)
        self.threadCount = threadCount
        var detail = [CChar](repeating: 0, count: 256)
        var engine: OpaquePointer?
        var stream: OpaquePointer?
        // The dynamic linker knows the library that the backend opened by this name.
        guard daguerre_onednn_open("libdnnl.so.3", functions, &detail, detail.count) == DAGUERRE_ONEDNN_OPENED,
            functions.pointee.engine_create(&engine, Int32(DAGUERRE_DNNL_CPU), 0) == 0, let engine,
            functions.pointee.stream_create(&stream, engine, UInt32(DAGUERRE_DNNL_IN_ORDER)) == 0, let stream
        else {
            functions.deallocate()
            return nil
        }
        self.engine = engine
        self.stream = stream
    }

    deinit {
        _ = functions.pointee.stream_destroy(stream)
        _ = functions.pointee.engine_destroy(engine)
        functions.deallocate()
    }

    /// Runs `problem` once whenever it is called; nil where oneDNN does not have it.
    func prepare(_ problem: BareProblem, _ type: ElementType) -> (() -> Void)? {
        let parts = Parts(problem, type)
        var attributes: OpaquePointer?
        var description: OpaquePointer?
        functions.pointee.omp_set_num_threads?(Int32(threadCount))
        guard let source = descriptor(parts.source, parts.type, strides: parts.sourceStrides),
            let weights = descriptor(parts.weights, parts.type, strides: nil),
            let destination = descriptor(parts.destination, parts.type, strides: parts.destinationStrides),
            functions.pointee.primitive_attr_create(&attributes) == 0, let attributes
        else { return nil }
        let status =
            switch problem {
            case .matrix:
                functions.pointee.matmul_primitive_desc_create(
                    &description, engine, source, weights, nil, destination, attributes)
            case .convolution(_, _, let kernel):
                functions.pointee.convolution_forward_primitive_desc_create(
                    &description, engine, Int32(DAGUERRE_DNNL_FORWARD_INFERENCE),
                    Int32(DAGUERRE_DNNL_CONVOLUTION_DIRECT), source, weights, nil, destination, [1, 1], [0, 0],
                    [Int64](repeating: Int64(kernel / 2), count: 2), [Int64](repeating: Int64(kernel / 2), count: 2),
                    attributes)
            }
        var primitive: OpaquePointer?
        guard status == 0, let description,
            let chosen = functions.pointee.primitive_desc_query_md(description, Int32(DAGUERRE_DNNL_QUERY_WEIGHTS), 0),
            functions.pointee.primitive_create(&primitive, description) == 0, let primitive
        else { return nil }
        let operands = [
            (DAGUERRE_DNNL_ARG_SOURCE, source), (DAGUERRE_DNNL_ARG_WEIGHTS, chosen),
            (DAGUERRE_DNNL_ARG_DESTINATION, destination),
        ]
        var blocks: [Block] = []
        var arguments: [dnnl_exec_arg_t] = []
        for (argument, descriptor) in operands {
            let block = Block(byteCount: functions.pointee.memory_desc_get_size(descriptor))
            var memory: OpaquePointer?
            guard functions.pointee.memory_create(&memory, descriptor, engine, block.base) == 0 else { return nil }
            arguments.append(dnnl_exec_arg_t(argument: Int32(argument), memory: memory))
            blocks.append(block)
        }
        return { [self, blocks, arguments] in
            functions.pointee.omp_set_num_threads?(Int32(threadCount))
            _ = functions.pointee.primitive_execute(primitive, stream, Int32(arguments.count), arguments)
            _ = functions.pointee.stream_wait(stream)
            withExtendedLifetime(blocks) {}
        }
    }

    /// Lives as long as the process: a benchmark makes a few dozen.
    private func descriptor(_ dims: [Int64], _ type: Int32, strides: [Int64]?) -> OpaquePointer? {
        var handle: OpaquePointer?
        let rank = Int32(dims.count)
        let status =
            strides.map { functions.pointee.memory_desc_create_with_strides(&handle, rank, dims, type, $0) }
            ?? functions.pointee.memory_desc_create_with_tag(&handle, rank, dims, type, Int32(DAGUERRE_DNNL_ANY))
        return status == 0 ? handle : nil
    }

    /// Extents and strides as oneDNN names them: images are `[N, C, H, W]` whatever their order in memory.
    private struct Parts {
        let source, weights, destination, sourceStrides, destinationStrides: [Int64]
        let type: Int32

        init(_ problem: BareProblem, _ elementType: ElementType) {
            type = Int32(elementType == .bfloat16 ? DAGUERRE_DNNL_BF16 : DAGUERRE_DNNL_F32)
            switch problem {
            case .matrix(let rows, let inputs, let outputs):
                source = [Int64(rows), Int64(inputs)]
                weights = [Int64(inputs), Int64(outputs)]
                destination = [Int64(rows), Int64(outputs)]
                sourceStrides = [Int64(inputs), 1]
                destinationStrides = [Int64(outputs), 1]
            case .convolution(let x, let outputs, let kernel):
                func image(_ channels: Int) -> (dims: [Int64], strides: [Int64]) {
                    (
                        [x[0], channels, x[1], x[2]].map(Int64.init),
                        [x[1] * x[2] * channels, 1, x[2] * channels, channels].map(Int64.init)
                    )
                }
                (source, sourceStrides) = image(x.channels)
                (destination, destinationStrides) = image(outputs)
                weights = [outputs, x.channels, kernel, kernel].map(Int64.init)
            }
        }
    }
}
