/// Why a picture cannot be edited as asked.
public enum PixelsError: Error, Equatable, CustomStringConvertible {
    /// A preprocessor's name that is not known.
    case unknownPreprocessor(String)
    /// The name of a way to bring a picture to a size that is not known.
    case unknownResizeMode(String)
    /// The name of a filling for what a mask covers that is not known.
    case unknownMaskedContent(String)
    /// A setting of a preprocessor that it cannot work with.
    case preprocessorSetting(String, value: Double, preprocessor: String, expected: String)
    /// A preprocessor that needs a mask was given none.
    case maskMissing(preprocessor: String)
    /// A mask and its picture are not of one size.
    case maskSize(width: Int, height: Int, expectedWidth: Int, expectedHeight: Int)
    /// A canvas that would be too large, or a border that is less than nothing.
    case canvas(String, value: Int, expected: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .unknownPreprocessor(let name):
            "there is no preprocessor \"\(name.prefix(80))\" here (those that need a network are not included); use one of "
                + Preprocessor.allCases.map(\.rawValue).joined(separator: ", ")
        case .unknownResizeMode(let name):
            "there is no resize mode \"\(name.prefix(80))\"; use one of "
                + ResizeMode.allCases.map(\.rawValue).joined(separator: ", ")
        case .unknownMaskedContent(let name):
            "there is no masked content \"\(name.prefix(80))\"; use one of "
                + MaskedContent.allCases.map(\.rawValue).joined(separator: ", ")
        case .preprocessorSetting(let setting, let value, let preprocessor, let expected):
            "\(setting) of the preprocessor \(preprocessor) is \(value), expected \(expected)"
        case .maskMissing(let preprocessor): "the preprocessor \(preprocessor) needs a mask; give one"
        case .maskSize(let width, let height, let expectedWidth, let expectedHeight):
            "the mask has \(width)×\(height) pixels, expected the picture's \(expectedWidth)×\(expectedHeight)"
        case .canvas(let side, let value, let expected): "outpainting: \(side) is \(value), expected \(expected)"
        }
    }
}

/// `text` in small letters and digits only, so that `Crop and Resize`, `crop-and-resize` and `crop_and_resize` are one.
func nameKey(_ text: String) -> String { String(text.lowercased().filter { $0.isLetter || $0.isNumber }) }
