public import ArgumentParser
public import Daguerre
import DaguerrePipelines
import DaguerrePixels

/// The options of a second pass at a larger size.
struct HiresArguments: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Draw again over the picture, so many times as large.", valueName: "x"))
    var hiresScale: Double?

    @Option(
        help: ArgumentHelp("Draw again over the picture, so many pixels large.", valueName: "width×height"))
    var hiresSize: String?

    @Option(
        help: ArgumentHelp(
            "How the picture is enlarged: \(HiresUpscaler.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var hiresUpscaler = HiresUpscaler.latent

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Steps of the second pass. (default: those of the first)", valueName: "n"))
    var hiresSteps: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How much of the enlarged picture may change, from 0 to 1.", valueName: "x"))
    var hiresStrength = 0.7

    @Option(help: ArgumentHelp("The sampler of the second pass. (default: that of the first)", valueName: "name"))
    var hiresSampler: String?

    func validate() throws {
        if hiresScale != nil, hiresSize != nil { throw ValidationError("give --hires-scale or --hires-size, not both") }
        if let hiresSize, PixelSize(parsing: hiresSize) == nil {
            throw ValidationError("--hires-size is \(hiresSize), expected pixels: 1024x768")
        }
        if let hiresSteps, !(1...1000).contains(hiresSteps) {
            throw ValidationError("--hires-steps is \(hiresSteps), expected a number from 1 to 1000")
        }
    }

    var request: HiresRequest? {
        let size = hiresSize.flatMap(PixelSize.init(parsing:)).map(HiresRequest.Size.pixels)
        guard let size = size ?? hiresScale.map(HiresRequest.Size.scale) else { return nil }
        var request = HiresRequest(size)
        request.enlargement = hiresUpscaler.enlargement
        request.steps = hiresSteps
        request.strength = hiresStrength
        request.sampler = hiresSampler
        return request
    }
}

extension HiresUpscaler: ExpressibleByArgument {}

extension PixelSize {
    /// Reads `1024x768`, with `x` or `×`.
    init?(parsing text: String) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "x" || $0 == "×" }
        guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]), width > 0, height > 0 else {
            return nil
        }
        self.init(width: width, height: height)
    }
}
