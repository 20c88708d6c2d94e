public import DaguerreModels
public import DaguerrePixels

extension SafetyVerdict {
    /// `image` as it is, or beyond recognition where this verdict flags it.
    public func blurring(_ image: Image) -> Image { isFlagged ? image.beyondRecognition : image }
}

extension Image {
    /// A picture of the same size that keeps no more than its colours in eight places on the longer side.
    ///
    /// What is gone cannot be got back: the means of so few squares are all that it is made of. A blur by a bell, however
    /// wide, is a sum that can be undone where there is little noise.
    public var beyondRecognition: Image {
        let places = 8
        let longer = max(width, height)
        func count(_ side: Int) -> Int { max(side * places / longer, 1) }
        return resized(width: count(width), height: count(height), filter: .box)
            .resized(width: width, height: height, filter: .bicubic)
    }
}
