/// A model whose autoencoder comes from elsewhere.
///
/// It keeps its own digest: the checkpoint is the same.
public struct ModelWithAutoencoder: ModelFiles {
    private let model: any ModelFiles
    private let source: AutoencoderSource
    private let configuration: [UInt8]

    /// Puts `source` in place of the autoencoder of `model`.
    ///
    /// Where the source has no configuration, latents are scaled as the model's own autoencoder scales them, since the
    /// denoiser was trained on those.
    public init(_ model: any ModelFiles, autoencoder source: AutoencoderSource) throws(CheckpointError) {
        self.model = model
        self.source = source
        if let configuration = source.configuration {
            self.configuration = configuration
            return
        }
        let family: SingleFileFamily =
            try model.bytes("text_encoder_2/config.json") == nil ? .stableDiffusion1 : .stableDiffusionXL
        let write = SingleFileConfigurations(
            family: family,
            prediction: SingleFilePrediction(
                family, isInpainting: false, requested: .epsilon, hasTensor: { _ in false }, metadata: [:], sidecar: nil
            ))
        configuration = write.autoencoder(source.layout, scalingFactor: try Self.scalingFactor(model)).fileText
    }

    /// The model's name.
    public var name: String { model.name }

    /// The whole contents of a small file of the model, or of the autoencoder's configuration.
    public func bytes(_ path: String) throws(CheckpointError) -> [UInt8]? {
        path == "vae/config.json" ? configuration : try model.bytes(path)
    }

    /// The names of the model's own files.
    public func files(in folder: String) throws(CheckpointError) -> [String] { try model.files(in: folder) }

    /// Opens a file of the model's own.
    public func safetensors(_ path: String, mapping: Mapping?) throws(CheckpointError) -> SafetensorsFile {
        try model.safetensors(path, mapping: mapping)
    }

    /// The model's own files and their sizes.
    public func sizes() throws(CheckpointError) -> [String: Int] { try model.sizes() }

    /// The weights of `component`, those of `vae` from elsewhere.
    public func weights(of component: String, base: String, variant: String?) throws(CheckpointError) -> WeightStore {
        component == "vae" ? source.store : try model.weights(of: component, base: base, variant: variant)
    }

    private static func scalingFactor(_ model: any ModelFiles) throws(CheckpointError) -> Double? {
        guard let text = try model.bytes("vae/config.json") else { return nil }
        switch try? JSONText.parse(text)["scaling_factor"] {
        case .number(let number): return Double(number)
        case .integer(let number): return Double(number)
        default: return nil
        }
    }
}
