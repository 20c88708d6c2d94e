public import DaguerreTensors

/// A file of named tensors whose table was checked wholly before any tensor of it is handed out.
public protocol TensorFile: Sendable {
    /// The file's base name, or its path inside the model's folder.
    var name: String { get }
    /// Texts beside the tensors; none where the format has no place for them.
    var metadata: [String: String] { get }
    /// All tensors in the order of their bytes.
    var entries: [SafetensorsEntry] { get }
    /// The number of bytes in the file.
    var byteCount: Int { get }

    /// The place of tensor `key`, or nil if the file does not have it.
    func entry(_ key: String) -> SafetensorsEntry?

    /// Tensor `key`, or nil if the file does not have it; nothing is copied where its bytes lie in order.
    subscript(key: String) -> HostTensor? { get }

    /// Starts bringing a mapped file's pages in, ahead of their use.
    func prefetch()

    /// Gives the file's pages back to the system; harmless at any time.
    func dropPages()

    /// Gives the pages of one tensor back.
    func dropPages(_ entry: SafetensorsEntry)
}
