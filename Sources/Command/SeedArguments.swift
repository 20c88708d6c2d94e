import ArgumentParser
import DaguerrePipelines

/// The options that make pictures near one another.
struct SeedArguments: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("A second seed that the picture leans towards; with --count: n, n + 1, …", valueName: "n"))
    var variationSeed: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How far it leans, from 0 to 1.", valueName: "x"))
    var variationStrength: Double?

    @Option(
        help: ArgumentHelp(
            "Take the seed's noise as it is for a picture of this size, and cut or pad it.", valueName: "width×height"))
    var seedResizeFrom: String?

    func validate() throws {
        if let variationStrength, !(0...1).contains(variationStrength) {
            throw ValidationError("--variation-strength is \(variationStrength), expected a number from 0 to 1")
        }
        if variationSeed != nil, variationStrength == nil {
            throw ValidationError("--variation-seed needs --variation-strength, how far to lean")
        }
        if let seedResizeFrom, PixelSize(parsing: seedResizeFrom) == nil {
            throw ValidationError("--seed-resize-from is \(seedResizeFrom), expected pixels: 512x512")
        }
    }

    /// The second seed; a random one where only its strength is given.
    var variation: SeedVariation? {
        variationStrength.map {
            SeedVariation(seed: variationSeed ?? .random(in: 0...UInt64(UInt32.max)), strength: $0)
        }
    }
}
