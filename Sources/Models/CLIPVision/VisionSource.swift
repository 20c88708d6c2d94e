public import DaguerreCheckpoints
public import DaguerreTensors

/// The shape of a network around a CLIP vision encoder, as its configuration says or as its tensors show.
public protocol VisionConfiguration: Decodable, Sendable {
    /// Reads the names and shapes of the tensors of `store`; `file` is its name in messages.
    ///
    /// - Throws: ``ModelError`` naming what is not as expected.
    init(of store: WeightStore, file: String) throws(ModelError)
}

/// A network around a CLIP vision encoder: its shape, how pictures are prepared for it, and its weights.
///
/// It is read from a folder as transformers lays it down, or from one file, whose tensors then show the shape.
public struct VisionSource<Configuration: VisionConfiguration>: Sendable {
    /// The folder's or the file's base name.
    public let name: String
    /// The network's shape.
    public let configuration: Configuration
    /// What `preprocessor_config.json` says, if there is one.
    public let preparation: CLIPImagePreparation?
    /// Under transformers' names.
    public let weights: WeightStore

    /// Opens the folder or the safetensors file at `path`.
    ///
    /// - Throws: `CheckpointError`; ``ModelError`` naming a field or a tensor.
    public init(path: String, mapping: Mapping = .automatic) throws {
        if DiskModelFolder.isFile(path), !DiskModelFolder.isFolder(path) {
            try self.init(SafetensorsFile(path: path, mapping: mapping))
        } else {
            try self.init(DiskModelFolder(path: path, mapping: mapping))
        }
    }

    /// Looks into the folder `component` of `files`, or into the whole; the preparation lies there or in another folder.
    public init(_ files: some ModelFiles, component: String = "", preparation other: String? = nil) throws {
        let prefix = component.isEmpty ? "" : component + "/"
        name = component.isEmpty ? files.name : component
        configuration = try files.decode(Configuration.self, file: prefix + "config.json")
        let file = "preprocessor_config.json"
        preparation =
            try files.decodeIfPresent(CLIPImagePreparation.self, file: prefix + file)
            ?? other.flatMap { try files.decodeIfPresent(CLIPImagePreparation.self, file: $0 + "/" + file) }
        weights = try files.weights(of: component, base: "model")
    }

    /// Looks into a file that is open already.
    public init(_ file: any TensorFile) throws {
        name = file.name
        weights = try WeightStore(files: [file])
        configuration = try Configuration(of: weights, file: file.name)
        preparation = nil
    }

    /// The preparation that lies beside the network, or else that of all of CLIP's, for pictures of `side` pixels.
    func preparation(side: Int) -> CLIPImagePreparation { preparation ?? CLIPImagePreparation(side: side) }

    /// Builds the network that `make` makes of the weights.
    ///
    /// The text encoder that CLIP's own files have beside the vision encoder is passed over.
    ///
    /// - Throws: `CheckpointError.unusable` listing all keys that are missing, misshapen or unread.
    func build<Network>(on backend: any Backend, _ make: (WeightScope) throws -> Network) throws -> Network {
        let ledger = WeightLedger(weights, file: name)
        ledger.ignore { key in
            key.hasSuffix("position_ids") || key.hasPrefix("text_model.") || key.hasPrefix("text_projection.")
                || key == "logit_scale"
        }
        let network = try make(WeightScope(ledger, backend: backend))
        try ledger.verify()
        weights.dropPages()
        return network
    }
}

extension VisionSource<CLIPVisionConfiguration> {
    /// How pictures are prepared for the encoder.
    public var usedPreparation: CLIPImagePreparation { preparation(side: configuration.imageSize) }

    /// Builds the encoder; first on the Meter, where nothing is computed, to know that it can be.
    public func encoder(on backend: any Backend) throws -> CLIPVisionEncoder {
        try usedPreparation.requireSquares(of: configuration.imageSize)
        return try build(on: backend) { try CLIPVisionEncoder(configuration, from: $0) }
    }
}

extension VisionSource<SafetyCheckerConfiguration> {
    /// Builds the checker; first on the Meter, where nothing is computed, to know that it can be.
    public func checker(on backend: any Backend) throws -> SafetyChecker {
        try build(on: backend) { try SafetyChecker(configuration, preparation: preparation, from: $0) }
    }
}
