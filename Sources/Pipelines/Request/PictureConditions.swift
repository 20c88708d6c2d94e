public import DaguerreModels
public import DaguerreTensors

/// What Stable Diffusion XL is told of the picture that it is to draw, in pixels.
///
/// Source: Podell et al., "SDXL" (arXiv 2307.01952) §2.2; diffusers `StableDiffusionXLPipeline._get_add_time_ids`.
public struct PictureConditions: Equatable, Sendable {
    /// The size of the picture before it was made to fit; the size drawn if `nil`.
    ///
    /// Small ones look blurred.
    public var originalSize: PixelSize?
    /// How much of it was cut off at the left and at the top.
    public var crop = PixelSize(width: 0, height: 0)
    /// The size that it was made to fit; the size drawn if `nil`.
    public var targetSize: PixelSize?
    /// How beautiful the refiner is to draw, and what it is to keep away from, from 0 to 10.
    public var aestheticScore = 6.0, negativeAestheticScore = 2.5

    /// An uncropped picture of the size drawn.
    public init() {}

    /// The numbers that the base and the refiner take.
    static let baseCount = 6, refinerCount = 5

    /// The base's six numbers for a picture of `drawn` pixels.
    func base(drawn: PixelSize) -> [Double] {
        let original = originalSize ?? drawn
        let target = targetSize ?? drawn
        return [original.height, original.width, crop.height, crop.width, target.height, target.width].map(Double.init)
    }

    /// The refiner's five numbers for a picture of `drawn` pixels.
    func refiner(drawn: PixelSize, isNegative: Bool) -> [Double] {
        let original = originalSize ?? drawn
        return [original.height, original.width, crop.height, crop.width].map(Double.init)
            + [isNegative ? negativeAestheticScore : aestheticScore]
    }
}

extension DiffusionModel {
    /// What Stable Diffusion XL is told beside the text of prompts with `pooled [M, P]`; nothing in other families.
    ///
    /// The first `negativeCount` of the prompts are negative ones.
    public func addedConditions(
        _ conditions: PictureConditions, pooled: Tensor, drawn: PixelSize, negativeCount: Int
    ) -> AddedConditions? {
        guard family.isXL else { return nil }
        let count = pooled.shape[0]
        let numbers = (0..<count).map { index in
            family == .stableDiffusionXL
                ? conditions.base(drawn: drawn)
                : conditions.refiner(drawn: drawn, isNegative: index < negativeCount)
        }
        return AddedConditions(pooled: pooled, numbers: numbers)
    }
}
