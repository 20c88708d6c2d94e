import DaguerreTensors

/// What the estimate of the clean latents is limited by, so that large guidance does not burn the picture.
public enum DenoisedLimit: Sendable, Equatable {
    case none
    /// Every value is held within ±`range`.
    case clip(Double)
    /// Each sample is divided by the `quantile` of its magnitudes, taken from 1 to `maximum`, and held within ±1.
    ///
    /// Source: Saharia et al., "Imagen" (arXiv 2205.11487), section 2.3.
    case dynamic(quantile: Double, maximum: Double)
}

/// Turns what a model says into clean latents and noise, whatever it was trained to say.
struct Prediction: Sendable {
    let type: PredictionType
    let limit: DenoisedLimit

    init(type: PredictionType, limit: DenoisedLimit) {
        self.type = type
        self.limit = limit
    }

    init(_ configuration: SamplerConfiguration) {
        self.init(type: configuration.predictionType, limit: configuration.limit)
    }

    /// Reads `output`, the model's word on the latents `x` at `level`.
    func estimate(
        _ x: Tensor, output: Tensor, at level: NoiseLevel, on backend: some Backend
    ) throws -> Estimate {
        let estimate = unlimited(Combination(x), output: Combination(output), at: level)
        guard limit != .none else { return estimate }
        let limited = try limit.applied(to: estimate.denoised.tensor(on: backend), on: backend)
        return Estimate(x: estimate.x, level: level, denoised: Combination(limited), noise: estimate.noise)
    }

    /// The same without a limit, for an output that may itself be a combination of several.
    func unlimited(_ x: Combination, output: Combination, at level: NoiseLevel) -> Estimate {
        let (signal, noise) = (level.signal, level.noise)
        switch type {
        case .epsilon:
            return Estimate(x: x, level: level, denoised: (1 / signal) * (x - noise * output), noise: output)
        case .sample:
            return Estimate(x: x, level: level, denoised: output, noise: (1 / noise) * (x - signal * output))
        case .vPrediction:
            let (cosine, sine) = (signal * level.inputScale, noise * level.inputScale)
            let input = level.inputScale * x
            return Estimate(
                x: x, level: level, denoised: cosine * input - sine * output, noise: sine * input + cosine * output)
        }
    }
}

/// The two parts of latents `x` at a noise level, as the model sees them.
struct Estimate: Sendable {
    let x: Combination
    let level: NoiseLevel
    /// The clean latents, within the configured limit.
    let denoised: Combination
    /// The noise, as the model said it.
    let noise: Combination

    /// The noise that the limited clean latents leave.
    var remainingNoise: Combination { (1 / level.noise) * (x - level.signal * denoised) }
}

extension DenoisedLimit {
    fileprivate func applied(to x: Tensor, on backend: some Backend) throws -> Tensor {
        let host = try backend.download(x)
        guard !host.isShapeOnly, x.shape[0] > 0 else { return x }
        var values = host.floats
        let sampleSize = values.count / x.shape[0]
        for sample in 0..<x.shape[0] {
            let range = sample * sampleSize..<(sample + 1) * sampleSize
            switch self {
            case .none: break
            case .clip(let limit):
                for index in range { values[index] = min(max(values[index], Float(-limit)), Float(limit)) }
            case .dynamic(let quantile, let maximum):
                let magnitude = Self.quantile(Float(quantile), of: values[range].map(abs))
                let bound = min(max(magnitude, 1), Float(maximum))
                for index in range { values[index] = min(max(values[index], -bound), bound) / bound }
            }
        }
        return try backend.upload(HostTensor(values, shape: x.shape), as: .float32)
    }

    /// The value below which lies the share `quantile` of `values`, interpolated linearly between two.
    private static func quantile(_ quantile: Float, of values: [Float]) -> Float {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let rank = quantile * Float(sorted.count - 1)
        let lower = Int(rank)
        guard lower + 1 < sorted.count else { return last }
        return sorted[lower] + (sorted[lower + 1] - sorted[lower]) * (rank - Float(lower))
    }
}
