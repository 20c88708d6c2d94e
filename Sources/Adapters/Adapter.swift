public import DaguerreCheckpoints
public import DaguerreTensors

/// A LoRA file, or a relative's, read and checked in itself; it knows of no model yet.
///
/// The tensors stay where the file is mapped. What they change is canonical, whatever the dialect: for each module a
/// product, a difference, lengths; see ``WeightChange``.
public struct Adapter: Sendable {
    /// The file's base name.
    public let file: String
    /// SHA-256 of the whole file, 64 hexadecimal digits.
    public let digest: String
    /// Embeddings that the file carries along, sorted by name.
    public let embeddings: [BundledEmbedding]
    /// Words that call what was learned, as the trainer noted them.
    public var triggerWords: [String] { facts.triggerWords }

    /// The digest that AUTOMATIC1111 names the file by in `Lora hashes`: SHA-256 of its tensors, reckoned at each call.
    public func tensorDigest() -> String { source.tensorDigest() }

    private let source: SafetensorsFile
    let modules: [AdapterModule]
    /// Tensors whose names no dialect has.
    let unknownKeys: [String]
    let facts: AdapterFacts

    /// An embedding inside an adapter file: `bundle_emb.NAME.REST`.
    public struct BundledEmbedding: Sendable {
        /// The word that stands for it in prompts.
        public let name: String
        /// Its tensors by the rest of their names: `string_to_param.*`, `emb_params`, `clip_l`, `clip_g`.
        public let tensors: [String: HostTensor]

        private let file: String

        init(name: String, tensors: [String: HostTensor], file: String) {
            self.name = name
            self.tensors = tensors
            self.file = file
        }

        /// The embedding as prompts use it.
        ///
        /// - Throws: `CheckpointError.notEmbedding` where the tensors are not one.
        public func textualInversion() throws(CheckpointError) -> TextualInversion {
            try TextualInversion(tensors: tensors, file: file)
        }
    }

    /// Reads the file at `path`; a peft folder's `adapter_model.safetensors` takes its scale from the
    /// `adapter_config.json` beside it.
    ///
    /// - Throws: `CheckpointError`; ``AdapterError`` naming the tensor that cannot be.
    public init(path: String) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if let name = parts.last.map(String.init), Self.pickles.contains(where: { name.hasSuffix($0) }) {
            throw AdapterError.notAnAdapter(
                file: name, found: "a pickle, which could run code; convert it to safetensors")
        }
        let file = try SafetensorsFile(path: path)
        var rules: AdapterScaleRules?
        if parts.last == "adapter_model.safetensors" {
            let folder = try DiskModelFolder(path: parts.count > 1 ? parts.dropLast().joined(separator: "/") : ".")
            rules = try folder.bytes("adapter_config.json").map {
                try AdapterScaleRules(peft: $0, file: "adapter_config.json")
            }
        }
        try self.init(file, rules: rules)
    }

    /// Suffixes of files that would have to be executed to be read.
    private static let pickles = [".pt", ".bin", ".ckpt", ".pth"]

    /// Reads an open file.
    ///
    /// - Throws: ``AdapterError`` naming the tensor that cannot be.
    public init(_ file: SafetensorsFile) throws(AdapterError) {
        try self.init(file, rules: nil)
    }

    private init(_ file: SafetensorsFile, rules: AdapterScaleRules?) throws(AdapterError) {
        let keys = file.entries.map(\.key).sorted()
        try ForeignFile.check(keys, file: file.name)
        let rules =
            rules ?? file.metadata["lora_adapter_metadata"].map(AdapterScaleRules.init(diffusers:))
            ?? AdapterScaleRules()

        typealias Parameters = [AdapterParameter: (key: String, tensor: HostTensor)]
        struct Place: Hashable {
            let component: AdapterComponent
            let module: String
        }
        var places: [Place: Parameters] = [:]
        var embeddings: [String: [String: HostTensor]] = [:]
        var unknown: [String] = []
        for key in keys {
            guard let tensor = file[key] else { continue }
            if let (name, rest) = Self.embedding(key) {
                embeddings[name, default: [:]][rest] = tensor
            } else if let parts = AdapterKey(key) {
                let place = Place(component: parts.component, module: parts.module)
                if let other = places[place, default: [:]].updateValue((key, tensor), forKey: parts.parameter) {
                    throw .duplicate(file: file.name, keys: [other.key, key])
                }
            } else {
                unknown.append(key)
            }
        }
        var modules: [AdapterModule] = []
        for (place, tensors) in places.sorted(by: { $0.key.module < $1.key.module }) {
            modules.append(
                try AdapterModuleReader(
                    file: file.name, module: place.module, component: place.component, tensors: tensors,
                    scaleRules: rules
                ).read())
        }
        guard !modules.isEmpty else {
            throw .notAnAdapter(
                file: file.name, found: keys.first.map { "a tensor \"\($0.shortened)\"" } ?? "no tensor")
        }
        self.file = file.name
        source = file
        self.digest = file.digest()
        self.embeddings = embeddings.sorted { $0.key < $1.key }.map {
            BundledEmbedding(name: $0.key, tensors: $0.value, file: file.name)
        }
        self.modules = modules
        unknownKeys = unknown
        facts = AdapterFacts(file.metadata)
    }

    /// `NAME` and `REST` of `bundle_emb.NAME.REST`; `REST` begins at the last dot but for `string_to_param.*`.
    private static func embedding(_ key: String) -> (name: String, rest: String)? {
        let prefix = "bundle_emb."
        guard key.hasPrefix(prefix) else { return nil }
        let parts = key.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        let restCount = parts.count > 2 && parts[parts.count - 2] == "string_to_param" ? 2 : 1
        guard parts.count > restCount else { return nil }
        return (
            parts.dropLast(restCount).joined(separator: "."), parts.suffix(restCount).joined(separator: ".")
        )
    }
}
