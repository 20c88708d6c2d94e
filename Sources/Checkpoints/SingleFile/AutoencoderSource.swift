/// An autoencoder that is given apart from its model: a file of one, in either layout, or a folder.
public struct AutoencoderSource: Sendable {
    /// The base name of the file or folder.
    public let name: String

    /// `config.json` where the source has one.
    let configuration: [UInt8]?
    let layout: AutoencoderLayout
    let store: WeightStore

    /// Opens what is at `path`: a safetensors file, a folder with `config.json`, or a model's folder with `vae`.
    ///
    /// - Throws: ``CheckpointError``; ``CheckpointError/unsupportedLayout(file:found:expected:)`` if it is no
    ///   autoencoder of Stable Diffusion.
    public init(path: String, mapping: Mapping = .automatic) throws(CheckpointError) {
        guard DiskModelFolder.isFolder(path) else {
            try self.init(SafetensorsFile(path: path, mapping: mapping))
            return
        }
        let folder = try DiskModelFolder(path: path, mapping: mapping)
        let component = try folder.bytes("vae/config.json") == nil ? "" : "vae"
        let store = try folder.weights(of: component)
        self.init(
            name: folder.name, configuration: try folder.bytes(component.isEmpty ? "config.json" : "vae/config.json"),
            layout: try AutoencoderLayout(diffusers: TensorShapes(file: folder.name, store.entries, prefix: "")),
            store: store)
    }

    private init(name: String, configuration: [UInt8]?, layout: AutoencoderLayout, store: WeightStore) {
        self.name = name
        self.configuration = configuration
        self.layout = layout
        self.store = store
    }

    /// Looks into a file that is open already.
    public init(_ file: any TensorFile) throws(CheckpointError) {
        let whole = try WeightStore(files: [file])
        let prefix = SingleFileFamily.autoencoderPrefixes.first { whole.entry($0 + "decoder.conv_in.weight") != nil }
        guard let prefix else {
            throw .unsupportedLayout(
                file: file.name, found: "no tensor \"decoder.conv_in.weight\"",
                expected: "an autoencoder in latent diffusion's or diffusers' layout")
        }
        name = file.name
        configuration = nil
        let tensors = TensorShapes(file: file.name, whole.entries, prefix: prefix)
        guard tensors.has("decoder.mid.block_1.conv1.weight") else {
            layout = try AutoencoderLayout(diffusers: tensors)
            store = whole
            return
        }
        layout = try AutoencoderLayout(original: tensors)
        store = try OriginalViews.autoencoder(tensors, layout, of: whole)
    }
}
