/// A tensor in ordinary memory, dense and row-major, in the order its file or caller has it.
///
/// It is what goes in and out of backends: weights mapped from a checkpoint, noise, pixels, fixtures. The bytes are
/// never changed once the tensor is made.
public struct HostTensor: @unchecked Sendable {  // guarded by: the bytes are immutable and `owner` keeps them alive
    /// Extents, outermost first.
    public let shape: Shape
    /// How one element is stored.
    public let elementType: ElementType

    private let owner: AnyObject?
    private let bytes: UnsafeRawBufferPointer

    /// Views `bytes`, which `owner` keeps alive and nobody changes; they need no alignment.
    ///
    /// `bytes` may be empty for a tensor that has a shape only, as a dry run uses it.
    public init(shape: Shape, elementType: ElementType, bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
        precondition(bytes.isEmpty || bytes.count == shape.elementCount * elementType.byteCount, "bytes fit the shape")
        self.shape = shape
        self.elementType = elementType
        self.bytes = bytes
        self.owner = owner
    }

    /// Holds float32 `values` in row-major order.
    public init(_ values: [Float], shape: Shape) {
        precondition(values.count == shape.elementCount, "values fit the shape")
        let block = HostBlock(byteCount: values.count * 4)
        values.withUnsafeBytes { block.bytes.copyMemory(from: $0) }
        self.init(shape: shape, elementType: .float32, bytes: UnsafeRawBufferPointer(block.bytes), owner: block)
    }

    /// Holds what `fill` writes into a fresh block of memory.
    public init(
        shape: Shape, elementType: ElementType, fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows {
        let block = HostBlock(byteCount: shape.elementCount * elementType.byteCount)
        try fill(block.bytes)
        self.init(shape: shape, elementType: elementType, bytes: UnsafeRawBufferPointer(block.bytes), owner: block)
    }

    /// Whether the tensor has a shape but no bytes, as in a dry run.
    public var isShapeOnly: Bool { bytes.isEmpty && shape.elementCount > 0 }

    /// Bytes that the elements take.
    public var byteCount: Int { shape.elementCount * elementType.byteCount }

    /// Calls `body` with the raw bytes, valid during the call only.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let result = try body(bytes)
        withExtendedLifetime(owner) {}
        return result
    }

    /// The elements as float32, row-major; float64 and integers are rounded.
    public var floats: [Float] {
        switch elementType {
        case .float32: values { (value: Float) in value }
        case .float64: values { (value: Double) in Float(value) }
        case .float16: values(HalfPrecision.float(float16:))
        case .bfloat16: values(HalfPrecision.float(bfloat16:))
        case .int64: values { (value: Int64) in Float(value) }
        case .int32: values { (value: Int32) in Float(value) }
        case .int16: values { (value: Int16) in Float(value) }
        case .int8: values { (value: Int8) in Float(value) }
        case .uint8, .bool: values { (value: UInt8) in Float(value) }
        }
    }

    /// The elements as float32, each stored as an `Element`; the loop knows its type, so it can be vectorised.
    @inline(__always)
    private func values<Element: BitwiseCopyable>(_ convert: (Element) -> Float) -> [Float] {
        let count = isShapeOnly ? 0 : shape.elementCount
        return withUnsafeBytes { source in
            [Float](unsafeUninitializedCapacity: count) { values, initializedCount in
                for i in 0..<count {
                    let element = source.loadUnaligned(
                        fromByteOffset: i * MemoryLayout<Element>.size, as: Element.self)
                    values.initializeElement(at: i, to: convert(element))
                }
                initializedCount = count
            }
        }
    }

    /// The same bytes under another shape of as many elements.
    public func reshaped(_ shape: Shape) -> HostTensor {
        precondition(shape.elementCount == self.shape.elementCount, "a new shape has as many elements")
        return HostTensor(shape: shape, elementType: elementType, bytes: bytes, owner: owner)
    }

    /// Entries `range` of the first axis, without a copy.
    public func slice(_ range: Range<Int>) -> HostTensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "the slice lies inside the first axis")
        let slice = shape.withBatch(range.count)
        guard !bytes.isEmpty else {
            return HostTensor(shape: slice, elementType: elementType, bytes: bytes, owner: owner)
        }
        let stride = byteCount / max(shape[0], 1)
        let part = UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound * stride..<range.upperBound * stride])
        return HostTensor(shape: slice, elementType: elementType, bytes: part, owner: owner)
    }
}

/// Owns one block of memory until the last tensor on it is gone.
private final class HostBlock {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 64)
    }

    deinit { bytes.deallocate() }
}
