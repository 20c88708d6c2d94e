/// How a picture is turned into the map that a ControlNet is shown; none of these needs a network.
///
/// The names are those of the web UI's ControlNet extension.
public enum Preprocessor: String, Codable, Hashable, Sendable, CaseIterable {
    /// The picture as it is, which may be a map already.
    case none
    /// Edges: white lines on black.
    case canny
    /// Light and dark exchanged: makes a map of a drawing on white.
    case invert
    /// White where all colours are bright, else black.
    case threshold
    /// Without detail.
    case blurGaussian = "blur_gaussian"
    /// The picture in less detail, or as it is, for tile models.
    case tileResample = "tile_resample"
    /// The picture with what the mask covers left open.
    case inpaintOnly = "inpaint_only"
    /// The picture's lightness, for models that colour it.
    case recolorLuminance = "recolor_luminance"
    /// The brightest of its colours, for models that colour it.
    case recolorIntensity = "recolor_intensity"
    /// Lines where the picture is darker than around, as if scribbled: white on black.
    case scribbleXDoG = "scribble_xdog"
    /// A map of depth that is given (near is white), in greys.
    case depth

    /// Reads a name, whatever its case and punctuation; `invert (from white bg & black line)` is `invert`.
    public static func parse(_ text: String) throws(PixelsError) -> Preprocessor {
        let key = nameKey(text)
        let aliases: [String: Preprocessor] = [
            "invertfromwhitebgblackline": .invert, "blur": .blurGaussian, "tile": .tileResample,
            "inpaint": .inpaintOnly, "recolor": .recolorLuminance, "scribble": .scribbleXDoG, "cannyedge": .canny,
        ]
        let named = allCases.first { nameKey($0.rawValue) == key } ?? aliases[key]
        guard let named else { throw .unknownPreprocessor(text) }
        return named
    }

    /// Whether its maps hold black and white only, so that no grey may come of bringing them to a size.
    var isBinary: Bool {
        switch self {
        case .canny, .threshold, .scribbleXDoG: true
        default: false
        }
    }
}
