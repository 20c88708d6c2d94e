import DaguerrePipelines
import DaguerrePixels
import DaguerreSampling

/// Brings a picture and its mask to the size that is drawn, and what is drawn back into the picture.
struct EditPreparation: Sendable {
    /// What a run begins with.
    let start: ImageStart

    /// Where what was drawn belongs in the picture, and how its edge blends into it.
    private struct Place: Sendable {
        let region: Region
        let picture: Image
        let mask: Image
    }

    private let place: Place?

    /// Prepares `edit` for drawing `size`.
    ///
    /// - Throws: `PipelineError.invalid` for a mask of another size than its picture, and for one that covers nothing.
    init(_ edit: PictureEdit, size: PixelSize) throws(PipelineError) {
        let entry = SamplingPart.Start.strength(edit.strength)
        let picture = edit.image.converted(to: .rgb)
        func fitted(_ image: Image) -> Image {
            image.resized(width: size.width, height: size.height, mode: edit.resizeMode)
        }
        guard let mask = edit.mask else {
            start = ImageStart(fitted(picture), entry: entry)
            place = nil
            return
        }
        let covered = mask.image.converted(to: .grey)
        guard covered.width == picture.width, covered.height == picture.height else {
            throw .invalid(
                field: "the size of the mask", found: "\(covered.width)×\(covered.height)",
                expected: "that of the picture, \(picture.width)×\(picture.height)")
        }
        guard (0...64).contains(mask.blur) else {
            throw .invalid(field: "mask blur", found: "\(mask.blur)", expected: "a number from 0 to 64")
        }
        guard covered.maskedRegion != nil else {
            throw .invalid(field: "the mask", found: "black all over", expected: "white where the picture is to change")
        }
        let blurred = covered.maskBlurred(by: mask.blur)
        let drawn: (picture: Image, mask: Image)
        if let padding = mask.padding {
            guard (0...4096).contains(padding) else {
                throw .invalid(
                    field: "the padding of the mask", found: "\(padding)", expected: "a number from 0 to 4096")
            }
            let target = (width: size.width, height: size.height)
            let region =
                blurred.onlyMaskedRegion(padding: padding, target: target)
                ?? Region(x: 0, y: 0, width: picture.width, height: picture.height)
            func enlarged(_ image: Image) -> Image {
                image.cropped(to: region).resized(width: size.width, height: size.height, filter: .lanczos)
            }
            drawn = (enlarged(picture), enlarged(blurred))
            place = Place(region: region, picture: picture, mask: blurred)
        } else {
            drawn = (fitted(picture), fitted(blurred))
            place = Place(
                region: Region(x: 0, y: 0, width: size.width, height: size.height), picture: drawn.picture,
                mask: drawn.mask)
        }
        let content: ImageStart.Inpainting.Content =
            switch mask.content {
            case .fill, .original: .picture
            case .latentNoise: .noise
            case .latentNothing: .nothing
            }
        start = ImageStart(
            mask.content == .fill ? drawn.picture.smoothlyFilled(where: drawn.mask) : drawn.picture, entry: entry,
            inpainting: .init(mask: drawn.mask, content: content))
    }

    /// The size of a picture into which what was drawn is laid, and where; nil where it is no part of another.
    var finishedPlace: (size: PixelSize, region: Region)? {
        place.map { (PixelSize(width: $0.picture.width, height: $0.picture.height), $0.region) }
    }

    /// What was drawn, laid into the picture where the mask covers it.
    func restored(_ drawn: Image) -> Image {
        guard let place else { return drawn }
        return drawn.composited(into: place.region, of: place.picture, mask: place.mask)
    }
}
