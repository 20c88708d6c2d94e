/// Why a picture could not be read or written.
public enum ImagingError: Error, Equatable, CustomStringConvertible {
    /// The bytes are of no format that is known.
    case unknownFormat
    /// The bytes are not of the format that was asked for.
    case wrongFormat(ImageFormat)
    /// The file is damaged or incomplete; `reason` is the library's own word for it.
    case damaged(ImageFormat, reason: String)
    /// The file holds a moving picture.
    case animated
    /// The picture is larger than the limits allow.
    case tooLarge(width: Int, height: Int, limits: ImageLimits)
    /// The file is larger than the limits allow.
    case tooManyBytes(count: Int, limit: Int)
    /// The picture could not be encoded; `reason` is the library's own word for it.
    case notWritten(ImageFormat, reason: String)
    /// A text chunk's key is empty, longer than 79 characters, or holds what Latin-1 lacks.
    case invalidTextKey(String)
    /// How a picture was made does not fit into a file of this format.
    case textTooLong(ImageFormat, byteCount: Int, limit: Int)
    /// There is no memory left.
    case outOfMemory
    /// A file of that name is there already, and was to be kept.
    case fileExists(name: String)
    /// The system refused to write a file; `reason` is its own word for it.
    case fileNotWritten(name: String, reason: String)
    /// The system refused to read a file, or it is none; `reason` says which.
    case fileNotRead(name: String, reason: String)
    /// The file of that name is at fault, for the reason that its content alone gives.
    indirect case inFile(name: String, ImagingError)
    /// A setting of an infotext does not have the form that it must have.
    case infotextField(name: String, value: String, expected: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .unknownFormat: "this is no picture that can be read; PNG, JPEG and WebP files can"
        case .wrongFormat(let format): "this is not a \(format.name) file"
        case .damaged(let format, let reason):
            "the \(format.name) file is damaged or incomplete (\(reason)); get it again"
        case .animated: "the WebP file holds a moving picture; give one that stands still"
        case .tooLarge(let width, let height, let limits):
            "the picture has \(width)×\(height) pixels; at most \(limits.side) a side and \(limits.pixelCount) in all "
                + "are read; scale it down"
        case .tooManyBytes(let count, let limit): "the file has \(count) bytes; at most \(limit) are read"
        case .notWritten(let format, let reason):
            "the picture could not be encoded as \(format.name) (\(reason))"
        case .invalidTextKey(let key):
            "a PNG text chunk cannot be called \"\(key.prefix(80))\"; 1 to 79 Latin-1 characters are allowed"
        case .textTooLong(let format, let byteCount, let limit):
            "how the picture was made takes \(byteCount) bytes, but a \(format.name) file holds \(limit); write PNG"
        case .outOfMemory: "out of memory while handling a picture"
        case .fileExists(let name): "\(name) is there already; remove it or choose another name"
        case .fileNotWritten(let name, let reason): "\(name) could not be written: \(reason)"
        case .fileNotRead(let name, let reason): "\(name) could not be read: \(reason)"
        case .inFile(let name, let error): "\(name): \(error)"
        case .infotextField(let name, let value, let expected):
            "the picture's text: \(name) is \"\(value.prefix(80))\", expected \(expected)"
        }
    }

    /// Whether what was given is at fault, rather than the machine.
    public var isOfInput: Bool {
        switch self {
        case .outOfMemory, .fileNotWritten, .notWritten: false
        case .inFile(_, let error): error.isOfInput
        default: true
        }
    }
}
