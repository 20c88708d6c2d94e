/// What a sound safetensors file keeps to; stricter than the format's own reader.
public enum SafetensorsRule: String, Hashable, Sendable, CaseIterable {
    /// The file starts with eight bytes that give the length of the header.
    case headerLength
    /// The header is no longer than ``SafetensorsLimits/headerBytes``.
    case headerSize
    /// The header is one JSON object, from its first byte, followed by nothing but spaces.
    case headerText
    /// No name appears twice.
    case uniqueNames
    /// Names are short, without control characters and steps between folders.
    case names
    /// There are no more than ``SafetensorsLimits/tensorCount`` tensors.
    case tensorCount
    /// `__metadata__` maps strings to strings.
    case metadata
    /// A tensor has exactly the fields `dtype`, `shape` and `data_offsets`.
    case fields
    /// The element type is one of the format's.
    case elementType
    /// The shape is a list of whole numbers, none negative.
    case shape
    /// A tensor has at most ``SafetensorsLimits/rank`` axes.
    case rank
    /// The number of bytes can be computed.
    case elementCount
    /// The offsets are two whole numbers, the first no larger than the second, inside the file.
    case offsets
    /// Offsets, shape and element type give the same number of bytes.
    case byteCount
    /// Tensors follow one another from offset 0, without holes and overlaps.
    case contiguity
    /// The file ends where the last tensor ends.
    case fileSize

    /// What was expected, for a message.
    var expectation: String {
        switch self {
        case .headerLength: "eight bytes with the header's length, then a header that the file holds wholly"
        case .headerSize: "a header of at most \(SafetensorsLimits.headerBytes) bytes"
        case .headerText: "one JSON object as header, then spaces only"
        case .uniqueNames: "each name once"
        case .names: "a name of 1 to \(SafetensorsLimits.nameBytes) bytes without control characters and \"..\""
        case .tensorCount: "at most \(SafetensorsLimits.tensorCount) tensors"
        case .metadata: "__metadata__ that maps strings to strings"
        case .fields: "exactly the fields dtype, shape and data_offsets"
        case .elementType: "an element type of the format"
        case .shape: "a shape of whole numbers, none negative"
        case .rank: "at most \(SafetensorsLimits.rank) axes"
        case .elementCount: "a number of bytes that can be counted"
        case .offsets: "data_offsets of two whole numbers in order, inside the file"
        case .byteCount: "as many bytes as shape and dtype give"
        case .contiguity: "tensors that follow one another from offset 0"
        case .fileSize: "the file to end with its last tensor"
        }
    }
}

/// Bounds that the safetensors reader sets before it spends memory.
public enum SafetensorsLimits {
    /// The longest header, in bytes.
    public static let headerBytes = 16 << 20
    /// The most tensors in one file.
    public static let tensorCount = 100_000
    /// The most axes of one tensor.
    public static let rank = 8
    /// The longest name of a tensor, in UTF-8 bytes.
    public static let nameBytes = 1024
}
