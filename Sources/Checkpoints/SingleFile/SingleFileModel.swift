/// A checkpoint of one file in latent diffusion's layout, seen as a folder in diffusers'.
///
/// Its configurations are made of the shapes of the tensors and of what the family has in common; its weights are views
/// of the file under diffusers' and transformers' names. Nothing is copied until a tensor is asked for, and then only
/// where a matrix has to be turned over.
///
/// Source: diffusers 0.42.1 `loaders/single_file_utils.py`.
public struct SingleFileModel: ModelFiles {
    /// The file's base name.
    public let name: String
    /// What the denoiser predicts, and how that is known.
    public let prediction: SingleFilePrediction
    /// The texts beside the tensors.
    public var metadata: [String: String] { file.metadata }

    private let file: any TensorFile
    private let texts: [String: [UInt8]]
    private let stores: [String: WeightStore]

    /// Opens the safetensors file at `path`, and looks for `<stem>.yaml` beside it.
    ///
    /// - Parameters:
    ///   - vocabulary: CLIP's, which the file lacks.
    ///   - prediction: what the denoiser predicts, if it is not to be looked for.
    /// - Throws: ``CheckpointError``; ``CheckpointError/unsupportedLayout(file:found:expected:)`` if it is no Stable
    ///   Diffusion checkpoint.
    public init(
        path: String, vocabulary: VocabularyFiles, prediction: SingleFilePrediction.Kind? = nil,
        mapping: Mapping = .automatic
    ) throws(CheckpointError) {
        try self.init(
            SafetensorsFile(path: path, mapping: mapping), vocabulary: vocabulary, prediction: prediction,
            sidecar: try Self.sidecar(of: path))
    }

    /// Looks into a file that is open already.
    ///
    /// - Parameter sidecar: the text of the original code's configuration, if there is one.
    public init(
        _ file: any TensorFile, vocabulary: VocabularyFiles, prediction: SingleFilePrediction.Kind? = nil,
        sidecar: [UInt8]? = nil
    ) throws(CheckpointError) {
        self.file = file
        name = file.name
        let parts = try SingleFileParts(file)
        self.prediction = SingleFilePrediction(
            parts.family, isInpainting: parts.isInpainting, requested: prediction,
            hasTensor: { file.entry($0) != nil }, metadata: file.metadata, sidecar: sidecar)
        stores = parts.stores
        texts = parts.texts(self.prediction, vocabulary: vocabulary)
    }

    /// A configuration file as it would lie in a folder, or nil if such a folder would not have it.
    public func bytes(_ path: String) throws(CheckpointError) -> [UInt8]? { texts[path] }

    /// The names of the configuration files that would lie in `folder`.
    public func files(in folder: String) throws(CheckpointError) -> [String] {
        let prefix = folder.isEmpty ? "" : folder + "/"
        return texts.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            .filter { !$0.contains("/") }.sorted()
    }

    /// The file itself, which is the only one.
    public func safetensors(_ path: String, mapping: Mapping?) throws(CheckpointError) -> SafetensorsFile {
        guard path == name, let file = file as? SafetensorsFile else {
            throw .unreadable(file: path, reason: "there is no such file in \(name)")
        }
        return file
    }

    /// The file and its size.
    public func sizes() throws(CheckpointError) -> [String: Int] { [name: file.byteCount] }

    /// The weights of `component`; a file has one variant only.
    public func weights(of component: String, base: String, variant: String?) throws(CheckpointError) -> WeightStore {
        guard let store = stores[component] else {
            throw .noWeights(
                folder: name, expected: "the tensors of a \(component)",
                found: stores.keys.sorted().listing + " only")
        }
        return store
    }

    /// The text of `<stem>.yaml` or `<stem>.yml` beside the file at `path`, where there is one that can be read.
    static func sidecar(of path: String) throws(CheckpointError) -> [UInt8]? {
        let name = path.baseName
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let folder = path.folderPrefix.isEmpty ? "." : path.folderPrefix
        let model = try DiskModelFolder(path: folder)
        for ending in [".yaml", ".yml"] {
            let file = String(name[..<dot]) + ending
            guard file.isSafeFileName else { return nil }
            if let text = try model.bytes(file) { return text }
        }
        return nil
    }
}
