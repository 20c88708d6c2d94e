import ArgumentParser
import DaguerrePipelines

/// The options of Stable Diffusion XL: its refiner, and what it is told of the picture.
struct ExtraLargeArguments: ParsableArguments {
    @Option(help: ArgumentHelp("A folder or file with the refiner.", valueName: "path"))
    var refiner: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The share of the denoising after which the refiner takes over, from 0 to 1. (default: 0.8)",
            valueName: "x"))
    var refinerSwitch: Double?

    @Option(help: ArgumentHelp("The size before the picture was made to fit.", valueName: "width×height"))
    var originalSize: String?

    @Option(help: ArgumentHelp("What was cut off at the left and at the top.", valueName: "left×top"))
    var cropOffset: String?

    @Option(help: ArgumentHelp("The size that the picture was made to fit.", valueName: "width×height"))
    var targetSize: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How beautiful the refiner is to draw, from 0 to 10. (default: 6)", valueName: "x"))
    var aestheticScore: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How beautiful what it is to keep away from is, from 0 to 10. (default: 2.5)", valueName: "x"))
    var negativeAestheticScore: Double?

    func validate() throws {
        for (option, text) in [
            ("--original-size", originalSize), ("--crop-offset", cropOffset), ("--target-size", targetSize),
        ] {
            if let text, extent(text) == nil {
                throw ValidationError("\(option) is \(text), expected two numbers of pixels: 1024x1024")
            }
        }
        if let refinerSwitch {
            guard refiner != nil else { throw ValidationError("--refiner-switch needs --refiner") }
            guard refinerSwitch > 0, refinerSwitch < 1 else {
                throw ValidationError("--refiner-switch is \(refinerSwitch), expected a number between 0 and 1")
            }
        }
    }

    /// What the options say, and `others` where they say nothing.
    func conditions(over others: PictureConditions) -> PictureConditions {
        var conditions = others
        conditions.originalSize = originalSize.flatMap(extent) ?? others.originalSize
        conditions.crop = cropOffset.flatMap(extent) ?? others.crop
        conditions.targetSize = targetSize.flatMap(extent) ?? others.targetSize
        conditions.aestheticScore = aestheticScore ?? others.aestheticScore
        conditions.negativeAestheticScore = negativeAestheticScore ?? others.negativeAestheticScore
        return conditions
    }

    /// Two numbers, of which either may be 0.
    private func extent(_ text: String) -> PixelSize? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "x" || $0 == "×" }.map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], width >= 0, height >= 0 else { return nil }
        return PixelSize(width: width, height: height)
    }
}
