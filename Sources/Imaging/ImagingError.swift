/// Why a picture could not be read or written.
public enum ImagingError: Error, Equatable, CustomStringConvertible {
    /// The bytes are no PNG file.
    case notPNG
    /// libpng found the file damaged or incomplete; `reason` is its own word for it.
    case damaged(reason: String)
    /// The picture is larger than the limits allow.
    case tooLarge(width: Int, height: Int, limits: ImageLimits)
    /// The file is larger than the limits allow.
    case tooManyBytes(count: Int, limit: Int)
    /// libpng could not write the picture; `reason` is its own word for it.
    case notWritten(reason: String)
    /// A text chunk's key is empty, longer than 79 characters, or holds what Latin-1 lacks.
    case invalidTextKey(String)
    /// There is no memory left.
    case outOfMemory
    /// A file of that name is there already, and was to be kept.
    case fileExists(name: String)
    /// The system refused to write a file; `reason` is its own word for it.
    case fileNotWritten(name: String, reason: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .notPNG: "this is not a PNG file"
        case .damaged(let reason): "the PNG file is damaged or incomplete (\(reason)); get it again"
        case .tooLarge(let width, let height, let limits):
            "the picture has \(width)×\(height) pixels; at most \(limits.side) a side and \(limits.pixelCount) in all "
                + "are read; scale it down"
        case .tooManyBytes(let count, let limit): "the file has \(count) bytes; at most \(limit) are read"
        case .notWritten(let reason): "the picture could not be encoded as PNG (\(reason))"
        case .invalidTextKey(let key):
            "a PNG text chunk cannot be called \"\(key.prefix(80))\"; 1 to 79 Latin-1 characters are allowed"
        case .outOfMemory: "out of memory while handling a picture"
        case .fileExists(let name): "\(name) is there already; remove it or choose another name"
        case .fileNotWritten(let name, let reason): "\(name) could not be written: \(reason)"
        }
    }
}
