public import DaguerreTensors

/// What Stable Diffusion XL is told beside the text of M prompts: pooled text states, and numbers about the picture.
///
/// Source: Podell et al., "SDXL" (arXiv 2307.01952) §2.2; diffusers `UNet2DConditionModel.get_aug_embed`, `text_time`.
public struct AddedConditions: Sendable {
    /// Pooled text states `[M, P]`.
    public let pooled: Tensor
    /// Sizes and positions in pixels, or a score: equally many numbers for each prompt.
    public let numbers: [[Double]]

    /// Joins `pooled [M, P]` and M lists of `numbers`, as many as the model's configuration says.
    public init(pooled: Tensor, numbers: [[Double]]) {
        precondition(pooled.shape[0] == numbers.count, "numbers for each prompt")
        self.pooled = pooled
        self.numbers = numbers
    }

    /// Those of some prompts.
    public func slice(_ rows: Range<Int>) -> AddedConditions {
        AddedConditions(pooled: pooled.slice(rows), numbers: Array(numbers[rows]))
    }

    /// Pooled states, then each number as sinusoids: float32 `[M, P + count · timeWidth]`.
    func embedded(as configuration: UNetConfiguration, on backend: some Backend) throws -> Tensor {
        guard let addition = configuration.addition else { return pooled }
        let sinusoids = try backend.timestepEmbedding(
            numbers.flatMap(\.self), channels: addition.numberWidth, cosineFirst: configuration.flipSinToCos,
            frequencyShift: configuration.frequencyShift)
        let count = numbers.first?.count ?? 0
        return try backend.concatenateChannels([
            backend.convert(pooled, to: .float32),
            sinusoids.reshaped([numbers.count, count * addition.numberWidth]),
        ])
    }
}
