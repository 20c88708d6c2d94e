import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors

/// A folder with one network of transformers: `config.json` and `model.safetensors`, in a model's folder or apart.
struct NetworkFolder: Sendable {
    /// What the folder is in.
    let files: any ModelFiles
    /// The folder inside ``files``; empty for the whole.
    let path: String

    init(_ files: any ModelFiles, _ path: String = "") {
        self.files = files
        self.path = path
    }

    /// The folder at `path` of the disk.
    init(at path: String, _ options: EngineOptions) throws(CheckpointError) {
        let mapping: Mapping = options.mapsWeights.map { $0 ? .mapped : .read } ?? .automatic
        self.init(try DiskModelFolder(path: path, mapping: mapping))
    }

    /// `config.json`.
    func configuration<Configuration: Decodable>(_ type: Configuration.Type) throws -> Configuration {
        try files.decode(type, file: file("config.json"))
    }

    /// How pictures are prepared for the network: as the folder says, or the model's beside it; nil where neither does.
    func preparation() throws -> CLIPImagePreparation? {
        let name = "preprocessor_config.json"
        return try files.decodeIfPresent(CLIPImagePreparation.self, file: file(name))
            ?? files.decodeIfPresent(CLIPImagePreparation.self, file: "feature_extractor/" + name)
    }

    /// Builds what `make` makes of the weights.
    ///
    /// - Throws: `CheckpointError.unusable` listing all keys that are missing, misshapen or unread.
    func build<Network>(on backend: any Backend, _ make: (WeightScope) throws -> Network) throws -> Network {
        let store = try files.weights(of: path, base: "model")
        let ledger = WeightLedger(store, file: path.isEmpty ? files.name : path)
        ledger.ignore { $0.hasSuffix("position_ids") }
        let network = try make(WeightScope(ledger, backend: backend))
        try ledger.verify()
        store.dropPages()
        return network
    }

    private func file(_ name: String) -> String { path.isEmpty ? name : path + "/" + name }
}
