import DaguerreAdapters
import DaguerreSampling
import DaguerreTensors

/// What requests must have in common for their images to be drawn at once.
///
/// Prompts, seeds, pictures to begin with and scales of guidance may differ. Whether prompts are equally long shows only when
/// they are read: images whose prompts are not are drawn apart.
public struct BatchKey: Equatable, Sendable {
    /// An adapter, and how much of it.
    private struct Adapter: Equatable {
        let digest: String
        let weights: AdapterWeights
    }

    private let size: PixelSize
    private let steps: Int
    private let sampler: SamplerConfiguration
    /// Where a picture to begin with enters; `nil` without one.
    private let entry: SamplingPart.Start?
    /// Without guidance the denoiser looks at one prompt for each image, else at two.
    private let isGuided: Bool
    private let tiling: TilingAxes
    private let adapters: [Adapter]
    private let adapterPolicy: AdaptationPolicy?
    /// Of requests with adapters: how many images there are decides how those are applied.
    private let count: Int?

    fileprivate init(_ request: DiffusionRequest) {
        size = PixelSize(width: request.width, height: request.height)
        steps = request.steps
        sampler = request.sampler
        entry = request.start?.entry
        isGuided = request.guidance > 1
        tiling = request.tiling
        adapters = request.adapters.map { Adapter(digest: $0.adapter.receipt.digest, weights: $0.weights) }
        adapterPolicy = request.adapterPolicy
        count = request.adapters.isEmpty ? nil : request.count
    }
}

extension DiffusionRequest {
    /// What it must have in common with another to be drawn at once with it; `nil` for a request whose images, its own among
    /// one another too, are drawn one after another: with controls, pictures to see, a second pass, a refiner, or a
    /// sampler that chooses its steps by what it finds.
    public var batchKey: BatchKey? {
        guard controls.isEmpty, imagePrompts.isEmpty, hires == nil, refinerStart >= 1, !sampler.isAdaptive else {
            return nil
        }
        return BatchKey(self)
    }
}
