public import DaguerreTensors

/// One tensor's place in a safetensors file.
public struct SafetensorsEntry: Hashable, Sendable {
    /// The tensor's name.
    public let key: String
    /// Extents as stored, outermost first.
    public let shape: Shape
    /// How one element is stored.
    public let elementType: ElementType
    /// The tensor's bytes, counted from the start of the file.
    public let range: Range<Int>
}

/// A safetensors file that was checked wholly before any tensor of it is handed out.
///
/// Source: the format's README in huggingface/safetensors; the checks are ``SafetensorsRule``, stricter than the
/// format's own reader in rejecting duplicate names, unknown fields, text before the header, and unsafe names.
public struct SafetensorsFile: TensorFile {
    /// The file's base name.
    public let name: String
    /// The texts under `__metadata__`.
    public let metadata: [String: String]
    /// All tensors in the order of their bytes.
    public let entries: [SafetensorsEntry]

    private let bytes: HostBytes
    private let index: [String: Int]

    /// Opens and checks the file at `path`.
    ///
    /// - Throws: ``CheckpointError`` naming the file, and the tensor where it is one's fault.
    public init(path: String, mapping: Mapping = .automatic) throws(CheckpointError) {
        try self.init(name: path.baseName, bytes: HostBytes(path: path, mapping: mapping))
    }

    /// Checks a file that is in memory already.
    public init(name: String, bytes: HostBytes) throws(CheckpointError) {
        let header = try bytes.withUnsafeBytes { buffer throws(CheckpointError) in
            try SafetensorsHeader(file: name, bytes: buffer)
        }
        self.name = name
        self.bytes = bytes
        metadata = header.metadata
        entries = header.entries
        index = Dictionary(
            header.entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The number of bytes in the file.
    public var byteCount: Int { bytes.count }

    /// Whether the file's pages come in as they are touched.
    public var isMapped: Bool { bytes.isMapped }

    /// The place of tensor `key`, or nil if the file does not have it.
    public func entry(_ key: String) -> SafetensorsEntry? { index[key].map { entries[$0] } }

    /// Tensor `key`, or nil if the file does not have it; nothing is copied.
    public subscript(key: String) -> HostTensor? { entry(key).map(tensor) }

    /// The tensor at one of this file's ``entries``.
    func tensor(_ entry: SafetensorsEntry) -> HostTensor {
        HostTensor(
            shape: entry.shape, elementType: entry.elementType, bytes: bytes.view(entry.range), owner: bytes)
    }

    /// The bytes before the first tensor: the header and its length.
    var headerBytes: UnsafeRawBufferPointer { bytes.view(0..<(entries.first?.range.lowerBound ?? bytes.count)) }

    /// SHA-256 of the whole file, 64 hexadecimal digits: the digest that `sha256sum` prints.
    public func digest() -> String {
        var digest = SHA256()
        bytes.withUnsafeBytes { digest.update($0) }
        return digest.hexadecimal()
    }

    /// SHA-256 of all tensors without the header: what AUTOMATIC1111 names LoRA files by, `Lora hashes`.
    public func tensorDigest() -> String {
        var digest = SHA256()
        let start = headerBytes.count
        bytes.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        return digest.hexadecimal()
    }

    /// Starts bringing a mapped file's pages in, ahead of their use; no file needs it.
    public func prefetch() { bytes.prefetch() }

    /// Gives the file's pages back to the system, which fetches them again when they are touched.
    ///
    /// Call it once the weights are packed. Harmless at any time; does nothing where the file is not mapped.
    public func dropPages() { bytes.dropPages(0..<bytes.count) }

    /// Gives the pages of one tensor back.
    public func dropPages(_ entry: SafetensorsEntry) { bytes.dropPages(entry.range) }
}
