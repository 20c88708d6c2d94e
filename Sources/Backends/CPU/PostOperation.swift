import CVendor
import DaguerreTensors

/// What a primitive does with each element of a product before it stores it.
enum PostOperation: Hashable {
    case activation(Activation)
    /// Adds a tensor of the output's shape.
    case add(ElementType)
    /// Multiplies by a tensor of the output's shape.
    case multiply(ElementType)

    /// Whether it reads a tensor.
    var hasOperand: Bool {
        switch self {
        case .activation: false
        case .add, .multiply: true
        }
    }
}

/// Attributes of a primitive: its post-operations, and scratch space that comes from us.
final class PrimitiveAttributes {
    let handle: OpaquePointer
    private let library: OneDNN

    /// - Parameter operand: describes a tensor of the output's shape in the given element type.
    init(
        _ library: OneDNN, _ operations: [PostOperation] = [],
        operand: (ElementType) throws(BackendError) -> MemoryDescriptor
    ) throws(BackendError) {
        var handle: OpaquePointer?
        try OneDNN.check(library.functions.primitive_attr_create(&handle), "attributes")
        guard let handle else { throw .vendor(operation: "attributes", status: 0) }
        self.handle = handle
        self.library = library
        let mode = Int32(DAGUERRE_DNNL_SCRATCHPAD_USER)
        try OneDNN.check(library.functions.primitive_attr_set_scratchpad_mode(handle, mode), "attributes")
        if !operations.isEmpty { try append(operations, operand) }
    }

    deinit { _ = library.functions.primitive_attr_destroy(handle) }

    private func append(
        _ operations: [PostOperation], _ operand: (ElementType) throws(BackendError) -> MemoryDescriptor
    ) throws(BackendError) {
        var list: OpaquePointer?
        try OneDNN.check(library.functions.post_ops_create(&list), "post-operations")
        guard let list else { throw .vendor(operation: "post-operations", status: 0) }
        defer { _ = library.functions.post_ops_destroy(list) }
        for operation in operations {
            switch operation {
            case .activation(.identity): continue
            case .activation(.silu): try append(to: list, Int32(DAGUERRE_DNNL_SWISH), 1)
            case .activation(.quickGELU): try append(to: list, Int32(DAGUERRE_DNNL_SWISH), 1.702)
            case .activation(.relu): try append(to: list, Int32(DAGUERRE_DNNL_RELU), 0)
            case .activation(.gelu): try append(to: list, Int32(DAGUERRE_DNNL_GELU_ERF), 0)
            case .add(let type): try append(to: list, Int32(DAGUERRE_DNNL_BINARY_ADD), operand(type))
            case .multiply(let type): try append(to: list, Int32(DAGUERRE_DNNL_BINARY_MUL), operand(type))
            }
        }
        try OneDNN.check(library.functions.primitive_attr_set_post_ops(handle, list), "post-operations")
    }

    private func append(to list: OpaquePointer, _ algorithm: Int32, _ alpha: Float) throws(BackendError) {
        let status = library.functions.post_ops_append_eltwise(list, algorithm, alpha, 0)
        try OneDNN.check(status, "post-operations")
    }

    private func append(
        to list: OpaquePointer, _ algorithm: Int32, _ operand: MemoryDescriptor
    ) throws(BackendError) {
        let status = library.functions.post_ops_append_binary(list, algorithm, operand.handle)
        try OneDNN.check(status, "post-operations")
    }
}
