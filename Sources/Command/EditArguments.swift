import ArgumentParser
import Daguerre
import DaguerreImaging
import DaguerrePixels

/// The options that give a picture to begin with.
struct EditArguments: ParsableArguments {
    @Option(help: ArgumentHelp("A picture to begin with: PNG, JPEG or WebP.", valueName: "file"))
    var image: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How much of the picture may change, from 0 to 1. (default: 0.75)", valueName: "x"))
    var strength: Double?

    @Option(help: ArgumentHelp("A picture that is white where --image is to change.", valueName: "file"))
    var mask: String?

    @Flag(help: "Change what the mask leaves out.")
    var invertMask = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Blur of the mask's edge, in pixels. (default: 4)", valueName: "pixels"))
    var maskBlur: Double?

    @Option(
        help: ArgumentHelp(
            "What lies under the mask when drawing starts: "
                + MaskedContent.allCases.map(\.rawValue).joined(separator: ", ") + ". (default: original)",
            valueName: "content"))
    var maskContent: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Draw only the masked part, with so many pixels around it, as large as --width and --height say.",
            valueName: "pixels"))
    var onlyMasked: Int?

    @Option(
        help: ArgumentHelp(
            "How a picture of other proportions is brought to the size: "
                + ResizeMode.allCases.map(\.rawValue).joined(separator: ", ") + ". (default: just-resize)",
            valueName: "mode"))
    var resizeMode: String?

    @Option(
        help: ArgumentHelp(
            "Enlarge the picture by so many pixels on each side, and draw what is new.",
            valueName: "left,top,right,bottom"))
    var outpaint: String?

    func validate() throws {
        let needsImage =
            [("--strength", strength != nil), ("--mask", mask != nil), ("--outpaint", outpaint != nil)]
            .first { $0.1 }?.0
        if image == nil, let needsImage { throw ValidationError("\(needsImage) needs --image, the picture to change") }
        if mask != nil, outpaint != nil {
            throw ValidationError("--outpaint makes a mask of its own; leave --mask out")
        }
        if mask == nil, outpaint == nil, onlyMasked != nil || invertMask {
            throw ValidationError("\(onlyMasked != nil ? "--only-masked" : "--invert-mask") needs --mask")
        }
        if let strength, !(0...1).contains(strength) {
            throw ValidationError("--strength is \(strength), expected a number from 0 to 1")
        }
        if let outpaint, sides(outpaint) == nil {
            throw ValidationError("--outpaint is \(outpaint), expected four numbers of pixels: left,top,right,bottom")
        }
    }

    /// Reads the pictures; where no option says how they are used, `recipe` does.
    ///
    /// - Throws: `ImagingError` naming a file that cannot be read; `PixelsError` naming what there is.
    func edit(as recipe: PictureEdit.Settings?) throws -> PictureEdit? {
        guard let image else { return nil }
        var picture = try ImageFile.read(image).image.converted(to: .rgb)
        var covered = try mask.map { try ImageFile.read($0).image.converted(to: .grey) }
        if let (left, top, right, bottom) = outpaint.flatMap(sides) {
            let outpainting = Outpainting(left: left, top: top, right: right, bottom: bottom)
            let canvas = try outpainting.canvas(of: picture)
            (picture, covered) = (canvas.image, canvas.mask)
        }
        var edit = PictureEdit(picture)
        edit.strength = strength ?? recipe?.strength ?? edit.strength
        edit.resizeMode = try resizeMode.map(ResizeMode.parse) ?? recipe?.resizeMode ?? edit.resizeMode
        if let covered {
            var mask = PictureEdit.Mask(invertMask ? covered.inverted : covered)
            mask.blur = maskBlur ?? recipe?.maskBlur ?? mask.blur
            mask.content = try maskContent.map(MaskedContent.parse) ?? recipe?.maskContent ?? mask.content
            mask.padding = onlyMasked ?? recipe?.padding
            edit.mask = mask
        }
        return edit
    }

    private func sides(_ text: String) -> (Int, Int, Int, Int)? {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 4, let left = numbers[0], let top = numbers[1], let right = numbers[2],
            let bottom = numbers[3]
        else { return nil }
        return (left, top, right, bottom)
    }
}
