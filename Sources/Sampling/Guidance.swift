public import DaguerreTensors

/// Classifier-free guidance: away from what the model says without the prompt, towards what it says with it.
///
/// Source: Ho and Salimans (arXiv 2207.12598), equation 6, in diffusers' scale: 1 is no guidance.
public enum Guidance {
    /// `unconditional + scale · (conditional − unconditional)`, both `[N, H, W, C]`.
    ///
    /// `rescale` of 0 to 1 takes that share of each sample's excess standard deviation back (Lin et al., arXiv
    /// 2305.08891, section 3.4), as models with zero terminal signal-to-noise ratio need.
    public static func combine(
        unconditional: Tensor, conditional: Tensor, scale: Double, rescale: Double = 0, on backend: some Backend
    ) throws -> Tensor {
        // The difference first: it is small, and the rounding of large multiples of near-equal numbers is not.
        let direction = try (Combination(conditional) - Combination(unconditional)).tensor(on: backend)
        let guided = try (Combination(unconditional) + scale * Combination(direction)).tensor(on: backend)
        guard rescale != 0, guided.shape[0] > 0 else { return guided }
        let wanted = try standardDeviations(conditional, on: backend)
        let excessive = try standardDeviations(guided, on: backend)
        let samples = try (0..<guided.shape[0]).map { sample in
            let factor = rescale * wanted[sample] / excessive[sample] + 1 - rescale
            return try (factor * Combination(guided.slice(sample..<sample + 1))).tensor(on: backend)
        }
        return samples.count == 1 ? samples[0] : try backend.concatenateBatch(samples)
    }

    /// The unbiased standard deviation of each sample; 1 in a dry run.
    private static func standardDeviations(_ x: Tensor, on backend: some Backend) throws -> [Double] {
        let host = try backend.download(x)
        guard !host.isShapeOnly else { return Array(repeating: 1, count: x.shape[0]) }
        let values = host.floats
        let sampleSize = values.count / x.shape[0]
        return (0..<x.shape[0]).map { sample in
            let part = values[sample * sampleSize..<(sample + 1) * sampleSize]
            let mean = part.reduce(0) { $0 + Double($1) } / Double(sampleSize)
            let squares = part.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            return (squares / Double(sampleSize - 1)).squareRoot()
        }
    }
}
