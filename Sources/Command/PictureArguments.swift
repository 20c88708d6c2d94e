import ArgumentParser
import DaguerreTensors

/// The options that say which picture is drawn.
struct PictureArguments: ParsableArguments {
    // A value may begin with a hyphen: a text as it is, a number to be refused for what it is.
    @Option(parsing: .unconditional, help: ArgumentHelp("What to keep out of the picture.", valueName: "text"))
    var negativePrompt: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Which of the possible pictures to draw. (default: a random number)", valueName: "n"))
    var seed: UInt64?

    @Option(parsing: .unconditional, help: ArgumentHelp("Pixels, a multiple of 8.", valueName: "pixels"))
    var width: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("Pixels, a multiple of 8.", valueName: "pixels"))
    var height: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many pictures: seeds n, n + 1, … (default: 1)", valueName: "n"))
    var count: Int?

    @Flag(help: "Let the picture go on at its opposite edges: seamless textures.")
    var tile = false

    @Flag(help: "The same, from left to right only.")
    var tileX = false

    @Flag(help: "The same, from top to bottom only.")
    var tileY = false

    /// Across which edges the picture goes on; `nil` where no option says.
    var tiling: TilingAxes? {
        guard tile || tileX || tileY else { return nil }
        var axes: TilingAxes = tile ? .both : []
        if tileX { axes.insert(.horizontal) }
        if tileY { axes.insert(.vertical) }
        return axes
    }

    func validate() throws {
        for (option, size) in [("--width", width), ("--height", height)] {
            guard let size else { continue }
            guard size > 0, size % 8 == 0, size <= 16384 else {
                throw ValidationError("\(option) is \(size), expected a multiple of 8 from 8 to 16384")
            }
        }
        if let count, !(1...1000).contains(count) {
            throw ValidationError("--count is \(count), expected a number from 1 to 1000")
        }
    }
}
