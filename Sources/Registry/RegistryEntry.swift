/// A model or adapter that requests may name.
public struct RegistryEntry: Equatable, Sendable {
    /// What requests call it: the file's base name without its ending, or the folder's.
    public let name: String
    /// What it is for.
    public let kind: ModelKind
    /// The base name of the file or folder: `dreamlike.safetensors`.
    public let file: String
    /// Where it lies, for those who load it only; `nil` for the model in the executable.
    ///
    /// It is never shown.
    public let path: String?
    /// Of the file, or of a folder's weights together.
    public let byteCount: Int
    /// Changes whenever a file of it is replaced or written: of the paths, sizes and times of its files, known at once.
    public let fingerprint: String
    /// SHA-256 that tells its contents from others', where it has been computed.
    public let digest: String?
    /// What kind of model: `Stable Diffusion 1`, where it could be read.
    public let family: String?

    /// An entry of a registry.
    public init(
        name: String, kind: ModelKind, file: String, path: String?, byteCount: Int, fingerprint: String = "",
        digest: String? = nil, family: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.file = file
        self.path = path
        self.byteCount = byteCount
        self.fingerprint = fingerprint
        self.digest = digest
        self.family = family
    }
}
