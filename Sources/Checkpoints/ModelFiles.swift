/// A folder of model files, on disk or inside the binary; all paths are relative, with slashes.
public protocol ModelFiles: Sendable {
    /// What the model is called in messages: the folder's base name.
    var name: String { get }

    /// The whole contents of a small file (at most ``ModelFileLimits/smallFileBytes``), or nil if there is none.
    func bytes(_ path: String) throws(CheckpointError) -> [UInt8]?

    /// The names of the files directly in `folder` (the model's root if empty), sorted; none if there is no such folder.
    func files(in folder: String) throws(CheckpointError) -> [String]

    /// Opens the safetensors file at `path`; `mapping` in place of the folder's own way if it is not nil.
    func safetensors(_ path: String, mapping: Mapping?) throws(CheckpointError) -> SafetensorsFile

    /// All files of the model and their sizes, by relative path.
    func sizes() throws(CheckpointError) -> [String: Int]

    /// The weights of `component`, under the names that diffusers and transformers give them.
    ///
    /// - Parameters:
    ///   - component: a folder of the model: `unet`; empty for the model's own.
    ///   - base: `diffusion_pytorch_model` for diffusers' components, `model` for transformers'.
    ///   - variant: `fp16`, or nil to take the plain files if there are any.
    func weights(of component: String, base: String, variant: String?) throws(CheckpointError) -> WeightStore
}

extension ModelFiles {
    /// Opens the safetensors file at `path`.
    public func safetensors(_ path: String) throws(CheckpointError) -> SafetensorsFile {
        try safetensors(path, mapping: nil)
    }
}

/// Bounds on what is read from a model's folder besides tensors.
public enum ModelFileLimits {
    /// The largest configuration, vocabulary or index file, in bytes.
    public static let smallFileBytes = 64 << 20
    /// The deepest folder inside a model's folder.
    static let folderDepth = 4
    /// The most files that a model's folder may hold.
    static let fileCount = 10_000
}

/// A folder of model files that is embedded in the binary.
public struct EmbeddedModelFolder: ModelFiles {
    /// What the model is called in messages.
    public let name: String

    private let contents: [String: HostBytes]

    /// Holds `files`, by relative path; their bytes live as long as the process.
    public init(name: String, files: [String: UnsafeRawBufferPointer]) {
        self.name = name
        contents = files.mapValues(HostBytes.init(staticBytes:))
    }

    /// The whole contents of a file, or nil if there is none.
    public func bytes(_ path: String) throws(CheckpointError) -> [UInt8]? {
        contents[path]?.withUnsafeBytes { Array($0) }
    }

    /// The names of the files directly in `folder`, sorted.
    public func files(in folder: String) throws(CheckpointError) -> [String] {
        let prefix = folder.isEmpty ? "" : folder + "/"
        return contents.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            .filter { !$0.contains("/") }.sorted()
    }

    /// Opens the safetensors file at `path`, which is in memory whatever `mapping` says.
    public func safetensors(_ path: String, mapping: Mapping?) throws(CheckpointError) -> SafetensorsFile {
        guard let bytes = contents[path] else { throw .unreadable(file: path, reason: "there is no such file") }
        return try SafetensorsFile(name: path, bytes: bytes)
    }

    /// All files and their sizes, by relative path.
    public func sizes() throws(CheckpointError) -> [String: Int] { contents.mapValues(\.count) }
}
