package import DaguerreImaging
package import DaguerrePipelines

extension PictureConditions {
    /// What a picture's text says that Stable Diffusion XL was told of it.
    ///
    /// - Throws: `ImagingError` naming a setting that cannot be read.
    package init(_ info: Infotext) throws {
        self.init()
        originalSize = try info.size(.originalSize).map(PixelSize.init(width:height:))
        targetSize = try info.size(.targetSize).map(PixelSize.init(width:height:))
        crop = PixelSize(
            width: try info.integer(.cropLeft, in: 0...65536) ?? crop.width,
            height: try info.integer(.cropTop, in: 0...65536) ?? crop.height)
        aestheticScore = try info.number(.aestheticScore, in: 0...100) ?? aestheticScore
        negativeAestheticScore = try info.number(.negativeAestheticScore, in: 0...100) ?? negativeAestheticScore
    }

    /// What a picture's text says of them: what is not as usual.
    var infotextFields: [Infotext.Field] {
        let usual = PictureConditions()
        let sizes: [(name: Infotext.Name, size: PixelSize?)] = [
            (.originalSize, originalSize), (.targetSize, targetSize),
        ]
        var fields = sizes.compactMap { name, size in
            size.map { Infotext.Field(name, "\($0.width)x\($0.height)") }
        }
        if crop != usual.crop {
            fields.append(.init(.cropLeft, "\(crop.width)"))
            fields.append(.init(.cropTop, "\(crop.height)"))
        }
        let scores: [(name: Infotext.Name, score: Double, preset: Double)] = [
            (.aestheticScore, aestheticScore, usual.aestheticScore),
            (.negativeAestheticScore, negativeAestheticScore, usual.negativeAestheticScore),
        ]
        return fields + scores.filter { $0.score != $0.preset }.map { .init($0.name, plain($0.score)) }
    }
}
