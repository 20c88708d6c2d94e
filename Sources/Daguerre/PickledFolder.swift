import DaguerreCheckpoints

/// A folder in diffusers' layout whose weights may be pickles, `*.bin`, which processes of their own read.
struct PickledFolder: ModelFiles {
    private let folder: DiskModelFolder
    private let path, program: String

    /// The folder at `path`, which must exist; `program` is run to read a pickle.
    init(path: String, program: String) throws(CheckpointError) {
        folder = try DiskModelFolder(path: path)
        self.path = path
        self.program = program
    }

    var name: String { folder.name }

    func bytes(_ path: String) throws(CheckpointError) -> [UInt8]? { try folder.bytes(path) }

    func files(in folder: String) throws(CheckpointError) -> [String] { try self.folder.files(in: folder) }

    func safetensors(_ path: String, mapping: Mapping?) throws(CheckpointError) -> SafetensorsFile {
        try folder.safetensors(path, mapping: mapping)
    }

    func sizes() throws(CheckpointError) -> [String: Int] { try folder.sizes() }

    /// The safetensors weights where there are any, else the pickle that diffusers or transformers wrote.
    func weights(of component: String, base: String, variant: String?) throws(CheckpointError) -> WeightStore {
        do {
            return try folder.weights(of: component, base: base, variant: variant)
        } catch .pickledWeights(_, let found) {
            guard let pickle = [base + ".bin", "pytorch_model.bin"].first(where: found.contains) else {
                throw .pickledWeights(folder: component, found: found)
            }
            return try WeightStore(files: [PickleProcess.open("\(path)/\(component)/\(pickle)", program: program)])
        }
    }
}
