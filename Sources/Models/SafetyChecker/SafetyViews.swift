public import DaguerrePixels

/// What a safety checker is shown of a picture, so that nothing of it goes unseen.
///
/// The checker sees one square. diffusers' pipelines show it the middle of a picture, so that a request for a wide one
/// could have the rest as it likes. Here a picture that is no square is seen several times: its middle, squares along
/// its longer side of which each overlaps the next by half or more, and the whole squeezed into one square. A square
/// picture is seen once.
public struct SafetyViews: Equatable, Sendable {
    /// One look at a picture.
    package struct View: Equatable, Sendable {
        /// What of the picture.
        package let region: Region
        /// Whether that is squeezed into a square; else the checker looks at its middle.
        package let isSqueezed: Bool
    }

    package let views: [View]

    /// How much longer than wide, as a share of the shorter side, a picture may be for one squeezed look to do.
    private static let slightExcess = 8
    /// How often the length of a square goes into the longer side at most; of still longer pictures, longer parts are squeezed.
    ///
    /// It bounds what a strip of a few pixels' width can cost.
    private static let mostLengths = 16

    /// How a picture of `width × height` is seen; a `part` of it that was drawn alone is seen once more by itself, since in a
    /// large picture it would be too small to be made out.
    public init(width: Int, height: Int, part: Region? = nil) {
        let whole = Region(x: 0, y: 0, width: width, height: height)
        views = Self.views(of: whole) + (part.map { $0 == whole ? [] : Self.views(of: $0) } ?? [])
    }

    /// How often the checker looks.
    public var count: Int { views.count }

    /// What it sees of `picture`, which has the size that this was made for.
    public func callAsFunction(_ picture: Image) -> [Image] {
        views.map { view in
            let (region, side) = (view.region, min(view.region.width, view.region.height))
            let isWhole = (region.width, region.height) == (picture.width, picture.height)
            let seen = isWhole ? picture : picture.cropped(to: region)
            guard view.isSqueezed, region.width != region.height else { return seen }
            return seen.resized(width: side, height: side, filter: .bicubic)
        }
    }

    private static func views(of region: Region) -> [View] {
        let (short, long) = (min(region.width, region.height), max(region.width, region.height))
        let middle = View(region: region, isSqueezed: false)
        guard long > short else { return [middle] }
        var views = [middle]
        if (long - short) * slightExcess > short {
            let length = max(short, (long + mostLengths - 1) / mostLengths)
            // An even number of strides, so that the middle is one of the places; none is longer than half a square.
            let strides = 2 * ((long - 1) / length)
            for place in 0...strides where place * 2 != strides || length > short {
                let offset = (long - length) * place / strides
                let part =
                    region.width > region.height
                    ? Region(x: region.x + offset, y: region.y, width: length, height: short)
                    : Region(x: region.x, y: region.y + offset, width: short, height: length)
                views.append(View(region: part, isSqueezed: true))
            }
        }
        return views + [View(region: region, isSqueezed: true)]
    }
}
