public import DaguerreModels
public import DaguerreTensors

/// Pictures that a run is shown beside the prompt, and the IP-Adapter that shows them.
public struct ImagePromptUse: Sendable {
    /// Shows the pictures to the denoiser; built on the backend that draws.
    public var adapter: IPAdapter
    /// Sees the pictures for the adapter.
    public var encoder: CLIPVisionEncoder
    /// The pictures, prepared for the encoder: `[N, side, side, 3]`.
    public var pictures: HostTensor
    /// How much they are heeded, and where.
    public var scale: ImagePromptScale

    /// Shows `pictures`, heeded by `scale`.
    public init(
        _ adapter: IPAdapter, seenBy encoder: CLIPVisionEncoder, pictures: HostTensor,
        scale: ImagePromptScale = .uniform(1)
    ) {
        self.adapter = adapter
        self.encoder = encoder
        self.pictures = pictures
        self.scale = scale
    }
}
