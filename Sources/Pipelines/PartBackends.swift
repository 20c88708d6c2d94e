import DaguerreAdapters
import DaguerreModels
import DaguerreTensors

/// What each part of a model runs on for one request: the model's backend, or a wrapper that changes what it does.
struct PartBackends {
    let unet: any Backend
    /// What the denoiser runs on for so many images at once, each as it would run alone.
    let denoiser: @Sendable (_ imageCount: Int) -> any Backend
    /// One for each text encoder.
    let text: [any Backend]
    let autoencoder: any Backend
    /// What networks run on that read control pictures.
    let control: any Backend

    /// Wraps `backend` as `request` has it; `evaluations` are those of the denoiser in all.
    init(
        _ model: DiffusionModel, _ request: DiffusionRequest, prepared: PreparedAdapters?, evaluations: Int,
        on backend: any Backend
    ) throws {
        let adapters = try prepared.map {
            try RequestAdapters(request.adapters.map { ($0.adapter, $0.weights) }, prepared: $0)
        }
        let policy = { evaluations in request.adapterPolicy ?? .automatic(evaluations: evaluations) }
        func adapted(_ component: AdapterComponent, _ evaluations: Int) -> any Backend {
            adapters?.backend(for: component, over: backend, policy: policy(evaluations)) ?? backend
        }
        // Seams lie between pixels, so nothing that knows no pixels is wrapped.
        let tiled = request.tiling.wrapping(backend)
        let single = request.tiling.wrapping(adapted(.unet, evaluations))
        unet = single
        denoiser = { [tiling = request.tiling, policy = policy(evaluations)] count in
            guard count > 1, let adapters else { return single }
            return tiling.wrapping(
                RequestAdapters.backend(
                    for: .unet, ofBatch: Array(repeating: adapters, count: count), over: backend, policy: policy))
        }
        // A text encoder runs once for each prompt.
        text = model.text.parts.indices.map { adapted($0 == 0 ? .textEncoder : .textEncoder2, 1) }
        autoencoder = tiled
        control = tiled
    }
}

extension TilingAxes {
    /// `backend` as it is, or with edges that meet.
    func wrapping(_ backend: any Backend) -> any Backend {
        isEmpty ? backend : TilingBackend(backend, axes: self)
    }
}
