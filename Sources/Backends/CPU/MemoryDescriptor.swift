import CVendor
import DaguerreTensors

/// oneDNN's description of a tensor: extents, element type and layout.
final class MemoryDescriptor {
    let handle: OpaquePointer
    private let library: OneDNN

    /// Takes over `handle`, or throws if `status` is none of success.
    private init(
        _ library: OneDNN, _ create: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(BackendError) {
        var handle: OpaquePointer?
        let status = create(&handle)
        guard status == 0, let handle else { throw .vendor(operation: "memory descriptor", status: Int(status)) }
        self.handle = handle
        self.library = library
    }

    /// A tensor with `strides` in elements, of which the library may choose any if they are nil.
    convenience init(
        _ library: OneDNN, _ dims: [Int], _ type: ElementType, strides: [Int]?
    ) throws(BackendError) {
        guard let number = OneDNN.type(type) else {
            throw .unsupportedElementType(operation: "oneDNN", type)
        }
        let extents = dims.map(Int64.init)
        try self.init(library) { handle in
            if let strides {
                let steps = strides.map(Int64.init)
                return library.functions.memory_desc_create_with_strides(
                    handle, Int32(dims.count), extents, number, steps)
            }
            return library.functions.memory_desc_create_with_tag(
                handle, Int32(dims.count), extents, number, Int32(DAGUERRE_DNNL_ANY))
        }
    }

    /// A dense row-major tensor.
    convenience init(_ library: OneDNN, dense dims: [Int], _ type: ElementType) throws(BackendError) {
        try self.init(library, dims, type, strides: Self.denseStrides(dims))
    }

    /// An image [N, H, W, C], which oneDNN names [N, C, H, W] whatever the order in memory.
    convenience init(
        _ library: OneDNN, image batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ type: ElementType
    ) throws(BackendError) {
        try self.init(
            library, [batch, channels, height, width], type,
            strides: [height * width * channels, 1, width * channels, channels])
    }

    /// A copy of the descriptor `original`, which somebody else owns.
    convenience init(_ library: OneDNN, copying original: OpaquePointer) throws(BackendError) {
        try self.init(library) { library.functions.memory_desc_clone($0, original) }
    }

    deinit { _ = library.functions.memory_desc_destroy(handle) }

    /// A part of this tensor; nil where its layout has no such part.
    func part(_ dims: [Int], at offsets: [Int]) throws(BackendError) -> MemoryDescriptor? {
        var part: OpaquePointer?
        let status = library.functions.memory_desc_create_submemory(
            &part, handle, dims.map(Int64.init), offsets.map(Int64.init))
        guard status == 0, let part else { return nil }
        defer { _ = library.functions.memory_desc_destroy(part) }
        return try MemoryDescriptor(library, copying: part)
    }

    /// Bytes that the tensor takes, padding included.
    var byteCount: Int { library.functions.memory_desc_get_size(handle) }

    /// Elements before the first one of a part, in the memory of the whole.
    var elementOffset: Int {
        var offset: Int64 = 0
        _ = library.functions.memory_desc_query(handle, Int32(DAGUERRE_DNNL_QUERY_SUBMEMORY_OFFSET), &offset)
        return Int(offset)
    }

    func isEqual(to other: MemoryDescriptor) -> Bool {
        library.functions.memory_desc_equal(handle, other.handle) != 0
    }

    static func denseStrides(_ dims: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: dims.count)
        for axis in dims.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dims[axis + 1] }
        return strides
    }
}
