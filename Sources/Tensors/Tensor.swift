/// A dense tensor in a backend's memory: a shape over a storage that only its backend can read.
///
/// Layout is row-major over ``shape``, so images are NHWC. Values are immutable: an operation returns a new tensor, and a
/// storage goes back to its backend's pool when the last tensor on it is gone.
public struct Tensor: Sendable {
    /// Extents, outermost first.
    public let shape: Shape
    /// How one element is stored.
    public let elementType: ElementType
    /// The backend's memory.
    public let storage: any TensorStorage
    /// Where this tensor's first element lies in ``storage``, in elements.
    public let offset: Int

    /// Makes a tensor over `storage`; called by backends.
    public init(shape: Shape, elementType: ElementType, storage: any TensorStorage, offset: Int = 0) {
        self.shape = shape
        self.elementType = elementType
        self.storage = storage
        self.offset = offset
    }

    /// Entries `range` of the first axis, without a copy.
    public func slice(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "the slice lies inside the first axis")
        let stride = shape.extents.dropFirst().reduce(1, *)
        return Tensor(
            shape: shape.withBatch(range.count), elementType: elementType, storage: storage,
            offset: offset + range.lowerBound * stride)
    }

    /// The same elements under another shape of as many elements, without a copy.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.elementCount == self.shape.elementCount, "a new shape has as many elements")
        return Tensor(shape: shape, elementType: elementType, storage: storage, offset: offset)
    }
}

/// Memory of one backend; the backend that made it casts it back.
public protocol TensorStorage: AnyObject, Sendable {}
