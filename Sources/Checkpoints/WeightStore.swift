public import DaguerreTensors

/// Where named tensors come from: one or several safetensors files.
public struct WeightStore: Sendable {
    /// The files, in the order given.
    public let files: [SafetensorsFile]

    private let fileOfKey: [String: Int]

    /// Joins the tensors of `files`.
    ///
    /// - Throws: ``CheckpointError/duplicateTensor(key:files:)`` if two files have a tensor of one name.
    public init(files: [SafetensorsFile]) throws(CheckpointError) {
        var fileOfKey: [String: Int] = [:]
        for (i, file) in files.enumerated() {
            for entry in file.entries {
                if let other = fileOfKey.updateValue(i, forKey: entry.key) {
                    throw .duplicateTensor(key: entry.key, files: [files[other].name, file.name])
                }
            }
        }
        self.files = files
        self.fileOfKey = fileOfKey
    }

    /// The names of all tensors, sorted.
    public var keys: [String] { fileOfKey.keys.sorted() }

    /// Bytes of all files.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

    /// Tensor `key`, or nil if no file has it; nothing is copied.
    public subscript(key: String) -> HostTensor? { fileOfKey[key].flatMap { files[$0][key] } }

    /// The place of tensor `key`, or nil if no file has it.
    public func entry(_ key: String) -> SafetensorsEntry? { fileOfKey[key].flatMap { files[$0].entry(key) } }

    /// Starts bringing mapped files' pages in, ahead of their use: worth it before all weights are packed.
    public func prefetch() {
        for file in files { file.prefetch() }
    }

    /// Gives all pages of mapped files back to the system; harmless at any time.
    public func dropPages() {
        for file in files { file.dropPages() }
    }

    /// Gives the pages of some tensors back to the system.
    func dropPages(of keys: [String]) {
        for key in keys {
            guard let file = fileOfKey[key].map({ files[$0] }), let entry = file.entry(key) else { continue }
            file.dropPages(entry)
        }
    }
}
