import DaguerrePixels

/// The preprocessors as the ControlNet extension lists them, with what each can be told.
struct ControlNetModules {
    /// A threshold: what it is called, what it can be, and what it is by default.
    struct Slider: Sendable {
        let name: String
        let range: ClosedRange<Double>
        let usual: Double
        let step: Double
    }

    /// What a preprocessor can be told; nil where it has no use for it.
    struct Details: Sendable {
        var resolution: ClosedRange<Double>?
        var a: Slider?
        var b: Slider?
    }

    /// Every preprocessor's name, `none` first.
    static let names = Preprocessor.allCases.map(\.rawValue)

    /// What `preprocessor` can be told.
    static func details(of preprocessor: Preprocessor) -> Details {
        let resolution = 64.0...2048
        func slider(_ name: String, _ range: ClosedRange<Double>, _ usual: Double, step: Double = 1) -> Slider {
            Slider(name: name, range: range, usual: usual, step: step)
        }
        return switch preprocessor {
        case .none, .inpaintOnly: Details()
        case .invert, .depth: Details(resolution: resolution)
        case .canny:
            Details(
                resolution: resolution, a: slider("Low Threshold", 0...2040, 100),
                b: slider("High Threshold", 0...2040, 200))
        case .threshold: Details(resolution: resolution, a: slider("Binarization Threshold", 0...255, 127))
        case .blurGaussian: Details(resolution: resolution, a: slider("Sigma", 0.01...64, 9, step: 0.01))
        case .tileResample: Details(a: slider("Down Sampling Rate", 1...8, 1, step: 0.01))
        case .recolorLuminance, .recolorIntensity:
            Details(resolution: resolution, a: slider("Gamma Correction", 0.1...2, 1, step: 0.001))
        case .scribbleXDoG: Details(resolution: resolution, a: slider("XDoG Threshold", 1...64, 32))
        }
    }

    /// What `preprocessor` is told: what it has no use for, or cannot be, becomes its default, as in the extension, since
    /// clients send what another preprocessor has.
    static func settings(
        of preprocessor: Preprocessor, resolution: Double?, a: Double?, b: Double?
    ) -> PreprocessorSettings {
        let details = details(of: preprocessor)
        func kept(_ value: Double?, _ range: ClosedRange<Double>?) -> Double? {
            value.flatMap { range?.contains($0) ?? false ? $0 : nil }
        }
        return PreprocessorSettings(
            resolution: kept(resolution, details.resolution).map { Int($0) }, thresholdA: kept(a, details.a?.range),
            thresholdB: kept(b, details.b?.range))
    }

    /// What kinds of control there are: their names, and the words that their models' names hold.
    static let types: [(name: String, modules: [Preprocessor], words: [String])] = [
        ("All", Preprocessor.allCases, [""]),
        ("Canny", [.canny, .none, .invert], ["canny"]),
        ("Depth", [.depth, .none], ["depth"]),
        ("Scribble", [.scribbleXDoG, .none, .invert], ["scribble", "sketch"]),
        ("Lineart", [.invert, .none], ["lineart"]),
        ("Inpaint", [.inpaintOnly, .none], ["inpaint"]),
        ("Tile", [.tileResample, .blurGaussian, .none], ["tile", "blur"]),
        ("Recolor", [.recolorLuminance, .recolorIntensity, .none], ["recolor", "color"]),
        ("Blur", [.blurGaussian, .none], ["blur"]),
    ]
}
