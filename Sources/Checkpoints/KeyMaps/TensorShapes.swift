import DaguerreTensors

/// The names and shapes of one part of a file's tensors, as layouts are read off them.
struct TensorShapes: Sendable {
    /// The file's name, for messages.
    let file: String
    /// What stands before every name in the file: `model.diffusion_model.`.
    let prefix: String

    private let shapes: [String: Shape]
    /// For each module with numbered children, how many there are: one more than the highest number.
    private let counts: [String: Int]

    /// Takes the tensors of `entries` under `prefix`, without it.
    init(file: String, _ entries: [WeightEntry], prefix: String) {
        self.file = file
        self.prefix = prefix
        var shapes: [String: Shape] = [:]
        var counts: [String: Int] = [:]
        for entry in entries where entry.key.hasPrefix(prefix) {
            let key = String(entry.key.dropFirst(prefix.count))
            shapes[key] = entry.shape
            var module = ""
            for part in key.split(separator: ".", omittingEmptySubsequences: false).dropLast() {
                if let number = Int(part), number >= 0, number < Self.largestCount {
                    counts[module] = max(counts[module] ?? 0, number + 1)
                }
                module += module.isEmpty ? part : "." + part
            }
        }
        self.shapes = shapes
        self.counts = counts
    }

    /// Children that a module can have; more are no model.
    private static let largestCount = 1000

    /// All names, sorted.
    var keys: [String] { shapes.keys.sorted() }

    /// Whether there is no tensor.
    var isEmpty: Bool { shapes.isEmpty }

    /// Whether there is a tensor `key`.
    func has(_ key: String) -> Bool { shapes[key] != nil }

    /// The shape of tensor `key`.
    func shape(_ key: String) -> Shape? { shapes[key] }

    /// How many numbered children module `path` has, at most `limit`.
    func count(_ path: String, upTo limit: Int) -> Int { min(counts[path] ?? 0, limit) }

    /// Extent `axis` of tensor `key`, which has `rank` axes, or is a matrix where a kernel of one pixel is meant.
    ///
    /// - Throws: ``CheckpointError/unsupportedLayout(file:found:expected:)``.
    func extent(_ key: String, axis: Int, rank: Int) throws(CheckpointError) -> Int {
        guard let shape = shapes[key] else {
            throw unsupported("no tensor \"\(prefix)\(key)\"", expected: "Stable Diffusion's layers")
        }
        let isExpected = shape.rank == rank && axis < rank && (1...1 << 20).contains(shape[axis])
        guard isExpected else {
            throw unsupported(
                "\"\(prefix)\(key)\" of shape \(shape)", expected: "a tensor of \(rank) axes as Stable Diffusion has it"
            )
        }
        return shape[axis]
    }

    /// Says what is not as any known model has it.
    func unsupported(_ found: String, expected: String) -> CheckpointError {
        .unsupportedLayout(file: file, found: found, expected: expected)
    }
}
