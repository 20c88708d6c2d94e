/// What a preprocessor can be told; nil leaves it to the preprocessor.
public struct PreprocessorSettings: Hashable, Sendable {
    /// Pixels of the shorter side at which the map is made, 64 to 2048; nil makes it in the size of the picture to draw.
    public var resolution: Int?
    /// What the preprocessor calls its first threshold.
    ///
    /// `canny`: the gradient from which a line goes on, 0 to 2040 (100). `threshold`: the brightest that is black, 0 to
    /// 255 (127). `blur_gaussian`: standard deviation in pixels, 0.01 to 64 (9). `tile_resample`: how much smaller, 1 to
    /// 8 (1). `recolor_…`: the exponent of the brightness, 0.1 to 2 (1). `scribble_xdog`: how much darker is a line, 1 to
    /// 64 (32).
    public var thresholdA: Double?
    /// `canny`: the gradient from which a line begins, 0 to 2040 (200).
    public var thresholdB: Double?

    /// Makes settings.
    public init(resolution: Int? = nil, thresholdA: Double? = nil, thresholdB: Double? = nil) {
        self.resolution = resolution
        self.thresholdA = thresholdA
        self.thresholdB = thresholdB
    }
}

extension Preprocessor {
    /// Checks `settings` without a picture.
    ///
    /// - Throws: ``PixelsError/preprocessorSetting(_:value:preprocessor:expected:)`` where one is out of range.
    package func validate(_ settings: PreprocessorSettings) throws(PixelsError) {
        _ = try thresholds(of: settings)
        _ = try resolution(of: settings)
    }

    /// What `settings` come to for this preprocessor.
    ///
    /// - Throws: ``PixelsError/preprocessorSetting(_:value:preprocessor:expected:)`` where one is out of range.
    func thresholds(of settings: PreprocessorSettings) throws(PixelsError) -> (a: Double, b: Double) {
        let gradient = 0.0...2040
        let a: (value: Double, range: ClosedRange<Double>) =
            switch self {
            case .canny: (100, gradient)
            case .threshold: (127, 0...255)
            case .blurGaussian: (9, 0.01...64)
            case .tileResample: (1, 1...8)
            case .recolorLuminance, .recolorIntensity: (1, 0.1...2)
            case .scribbleXDoG: (32, 1...64)
            case .none, .invert, .inpaintOnly, .depth: (0, 0...0)
            }
        return (
            try setting("threshold a", settings.thresholdA, a.value, a.range),
            try setting("threshold b", settings.thresholdB, 200, gradient)
        )
    }

    /// The resolution that `settings` ask for, if one.
    func resolution(of settings: PreprocessorSettings) throws(PixelsError) -> Int? {
        guard let resolution = settings.resolution else { return nil }
        guard (64...2048).contains(resolution) else {
            throw .preprocessorSetting(
                "resolution", value: Double(resolution), preprocessor: rawValue, expected: "64 to 2048")
        }
        return resolution
    }

    /// `given` within `range`, or what is meant where nothing is; what a preprocessor has no use for is not looked at.
    private func setting(
        _ name: String, _ given: Double?, _ usual: Double, _ range: ClosedRange<Double>
    ) throws(PixelsError) -> Double {
        guard let given, range.lowerBound < range.upperBound else { return usual }
        guard range.contains(given) else {
            throw .preprocessorSetting(
                name, value: given, preprocessor: rawValue, expected: "\(range.lowerBound) to \(range.upperBound)")
        }
        return given
    }
}
