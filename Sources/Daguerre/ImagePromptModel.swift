import DaguerreCheckpoints
import DaguerreModels
import DaguerrePipelines
import DaguerrePixels
import DaguerreTensors

/// An IP-Adapter and the encoder that sees for it, loaded for one ``Model``; see ``Model/imagePrompt(at:encoder:)``.
public struct ImagePromptModel: Sendable {
    /// The adapter's base name.
    public let name: String
    /// How pictures are prepared for the encoder.
    let preparation: CLIPImagePreparation
    let drawing, weighing: (adapter: IPAdapter, encoder: CLIPVisionEncoder)

    init(
        _ source: ControlSource, encoder vision: VisionSource<CLIPVisionConfiguration>, for unet: UNetConfiguration,
        drawing: any Backend, weighing: any Backend, isWeighed: (_ name: String) throws -> Void
    ) throws {
        preparation = vision.usedPreparation
        func networks(on backend: any Backend) throws -> (IPAdapter, CLIPVisionEncoder) {
            (
                try source.ipAdapter(for: unet, encoder: vision.configuration, on: backend),
                try vision.encoder(on: backend)
            )
        }
        name = source.name
        self.weighing = try networks(on: weighing)
        try isWeighed(name)
        self.drawing = try networks(on: drawing)
    }

    /// `images`, prepared for the encoder, seen by the networks that draw or by those that only count.
    func use(
        _ request: ImagePromptRequest, _ networks: (adapter: IPAdapter, encoder: CLIPVisionEncoder)
    ) throws(PipelineError) -> ImagePromptUse {
        guard let first = request.images.first else {
            throw .invalid(field: "the pictures of an image prompt", found: "none", expected: "at least one")
        }
        let shape = preparation(first).shape
        let values = request.images.flatMap { preparation($0).floats }
        return ImagePromptUse(
            networks.adapter, seenBy: networks.encoder,
            pictures: HostTensor(values, shape: shape.withBatch(request.images.count)), scale: request.scale)
    }
}
