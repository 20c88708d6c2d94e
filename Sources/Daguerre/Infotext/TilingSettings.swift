package import DaguerreImaging
package import DaguerreTensors

extension TilingAxes {
    private static let horizontalText = "horizontal", verticalText = "vertical"

    /// What a picture's text says of seams; nil if nothing.
    ///
    /// - Throws: `ImagingError` naming a setting that cannot be read.
    package init?(_ info: Infotext) throws {
        switch info[.tilingAxis] {
        case Self.horizontalText: self = .horizontal
        case Self.verticalText: self = .vertical
        default:
            guard let isBoth = try info.flag(.tiling) else { return nil }
            self = isBoth ? .both : []
        }
    }

    /// What a picture's text says of them; the web UI knows both axes only.
    var infotextFields: [Infotext.Field] {
        guard !isEmpty else { return [] }
        guard self != .both else { return [.init(.tiling, "True")] }
        return [.init(.tilingAxis, self == .horizontal ? Self.horizontalText : Self.verticalText)]
    }
}
