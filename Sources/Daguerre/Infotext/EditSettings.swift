package import DaguerreImaging
package import DaguerrePixels

extension PictureEdit {
    /// How a picture to begin with was used, as another picture's text says; nil where it does not.
    package struct Settings {
        package let strength: Double?
        package let resizeMode: ResizeMode?
        package let maskBlur: Double?
        package let maskContent: MaskedContent?
        /// Pixels around the mask that were drawn with it, where only the masked part was drawn.
        package let padding: Int?

        /// The web UI's, in pixels.
        private static let usualPadding = 32

        /// - Throws: `ImagingError` naming a setting that cannot be read; `PixelsError` naming the words that there are.
        package init(_ info: Infotext) throws {
            strength = try info.number(.denoisingStrength, in: 0...1)
            resizeMode = try info[.resizeMode].map(ResizeMode.parse)
            maskBlur = try info.number(.maskBlur, in: 0...64)
            maskContent = try info[.maskedContent].map(MaskedContent.parse)
            let written: Int? = try info.integer(.maskedAreaPadding, in: 0...4096)
            padding = info[.inpaintArea] == PictureEdit.onlyMasked ? written ?? Self.usualPadding : nil
        }
    }

    private static let onlyMasked = "Only masked", wholePicture = "Whole picture"

    /// What a picture's text says of it, but for its strength.
    var infotextFields: [Infotext.Field] {
        var fields: [Infotext.Field] = []
        if resizeMode != .stretch { fields.append(.init(.resizeMode, resizeMode.rawValue)) }
        guard let mask else { return fields }
        fields += [
            .init(.maskBlur, plain(mask.blur)), .init(.maskedContent, mask.content.infotextName),
            .init(.inpaintArea, mask.padding == nil ? Self.wholePicture : Self.onlyMasked),
        ]
        if let padding = mask.padding { fields.append(.init(.maskedAreaPadding, "\(padding)")) }
        return fields
    }
}
