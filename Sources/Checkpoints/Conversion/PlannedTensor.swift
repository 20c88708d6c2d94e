public import DaguerreTensors

/// A tensor that a file is to have, made only when it is written.
public struct PlannedTensor: Sendable {
    /// The name that it gets.
    public let name: String
    /// Extents, outermost first.
    public let shape: Shape
    /// How one element is to be stored.
    public let elementType: ElementType

    private let source: Source

    private enum Source: Sendable {
        case given(HostTensor)
        /// Of a store, as it is or made of others there.
        case stored(WeightStore, String)
        case viewed(WeightStore, WeightView)
    }

    /// Writes `tensor` as it is.
    public init(_ name: String, _ tensor: HostTensor) {
        self.name = name
        shape = tensor.shape
        elementType = tensor.elementType
        source = .given(tensor)
    }

    /// Writes tensor `entry` of `store` under its own name, numbers as `elementType`.
    public init(_ entry: WeightEntry, of store: WeightStore, as elementType: ElementType? = nil) {
        name = entry.key
        shape = entry.shape
        self.elementType = entry.elementType.isFloat ? elementType ?? entry.elementType : entry.elementType
        source = .stored(store, entry.key)
    }

    /// Writes what `view` makes of tensors of `store`, which are of `storedType`, numbers as `elementType`.
    init(
        _ name: String, _ view: WeightView, of store: WeightStore, storedType: ElementType, as elementType: ElementType?
    ) {
        self.name = name
        shape = view.shape
        self.elementType = storedType.isFloat ? elementType ?? storedType : storedType
        source = .viewed(store, view)
    }

    /// Bytes that the elements take.
    public var byteCount: Int { shape.elementCount * elementType.byteCount }

    /// Whether it is one that was made for its shape only.
    var isWithoutBytes: Bool {
        if case .given(let tensor) = source { return tensor.isShapeOnly }
        return false
    }

    /// The tensor as it is stored now, or nil if the store does not have it.
    func tensor() -> HostTensor? {
        switch source {
        case .given(let tensor): tensor
        case .stored(let store, let key): store[key]
        case .viewed(let store, let view): view.tensor { store[$0] }
        }
    }

    /// Gives the pages that were read back to the system.
    func release() {
        switch source {
        case .given: break
        case .stored(let store, let key): store.dropPages(of: [key])
        case .viewed(let store, let view): store.dropPages(of: view.parts.map(\.key))
        }
    }
}

extension ElementType {
    /// Whether an element is a number with a fraction.
    var isFloat: Bool { [.float64, .float32, .float16, .bfloat16].contains(self) }
}
