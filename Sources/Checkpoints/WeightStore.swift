public import DaguerreTensors

/// What a store says of one tensor without reading it.
public struct WeightEntry: Hashable, Sendable {
    /// The name that the store has it under.
    public let key: String
    /// Extents, outermost first.
    public let shape: Shape
    /// How one element is stored.
    public let elementType: ElementType

    /// Bytes that the elements take.
    public var byteCount: Int { shape.elementCount * elementType.byteCount }
}

/// Where named tensors come from: one or several files, under their own names or seen under others.
public struct WeightStore: Sendable {
    /// The files, in the order given.
    public let files: [any TensorFile]

    private let fileOfKey: [String: Int]
    /// Where the files' own names are not the store's: how each tensor is made.
    private let views: [String: WeightView]?

    /// Joins the tensors of `files`.
    ///
    /// - Throws: ``CheckpointError/duplicateTensor(key:files:)`` if two files have a tensor of one name.
    public init(files: [any TensorFile]) throws(CheckpointError) {
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
        views = nil
    }

    /// Shows the tensors of `store`, which has no views of its own, under the names of `views` and no others.
    init(_ store: WeightStore, viewedAs views: [String: WeightView]) {
        files = store.files
        fileOfKey = store.fileOfKey
        self.views = views
    }

    /// The names of all tensors, sorted.
    public var keys: [String] { (views.map { Array($0.keys) } ?? Array(fileOfKey.keys)).sorted() }

    /// All tensors, sorted by name.
    public var entries: [WeightEntry] { keys.compactMap(entry) }

    /// Bytes of all tensors.
    public var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }

    /// Tensor `key`, or nil if there is none; only what is joined or turned over is copied.
    public subscript(key: String) -> HostTensor? {
        guard let views else { return stored(key) }
        return views[key]?.tensor(stored)
    }

    /// What tensor `key` is, or nil if there is none.
    public func entry(_ key: String) -> WeightEntry? {
        guard let views else {
            return storedEntry(key).map { WeightEntry(key: key, shape: $0.shape, elementType: $0.elementType) }
        }
        guard let view = views[key], let part = view.parts.first, let entry = storedEntry(part.key) else { return nil }
        return WeightEntry(key: key, shape: view.shape, elementType: entry.elementType)
    }

    /// The texts beside the tensors of all files; the first file's where two have one name.
    public var metadata: [String: String] {
        files.reduce(into: [:]) { texts, file in texts.merge(file.metadata) { first, _ in first } }
    }

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
            for stored in views.map({ $0[key]?.parts.map(\.key) ?? [] }) ?? [key] {
                guard let file = fileOfKey[stored].map({ files[$0] }), let entry = file.entry(stored) else { continue }
                file.dropPages(entry)
            }
        }
    }

    private func stored(_ key: String) -> HostTensor? { fileOfKey[key].flatMap { files[$0][key] } }

    private func storedEntry(_ key: String) -> SafetensorsEntry? { fileOfKey[key].flatMap { files[$0].entry(key) } }
}
