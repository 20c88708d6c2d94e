/// Why a backend could not do an operation.
public enum BackendError: Error, Equatable, CustomStringConvertible {
    /// There is no memory left for a tensor or a weight of so many bytes.
    case outOfMemory(byteCount: Int)
    /// A tensor or weight of another backend was given.
    case foreignStorage(operation: String)
    /// An element type that the backend does not compute in.
    case unsupportedElementType(operation: String, ElementType)
    /// A vendor library refused; `status` is its own code.
    case vendor(operation: String, status: Int)
    /// The output of a layer holds a NaN or an infinity.
    case notFinite(layer: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .outOfMemory(let byteCount):
            "out of memory: \(byteCount) more bytes were needed; use a smaller size or count"
        case .foreignStorage(let operation): "\(operation): the tensor or weight belongs to another backend"
        case .unsupportedElementType(let operation, let type): "\(operation): \(type.rawValue) is not supported here"
        case .vendor(let operation, let status): "\(operation): the vendor library answered with status \(status)"
        case .notFinite(let layer): "the output of layer \(layer) holds a NaN or an infinity"
        }
    }
}
