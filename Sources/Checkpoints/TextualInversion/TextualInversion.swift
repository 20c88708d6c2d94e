public import DaguerreTensors

/// Vectors that stand for a word in place of a text encoder's own: what textual inversion learns.
///
/// Source: Gal et al., "An Image is Worth One Word" (arXiv 2208.01618). Read in all layouts that are in use: the web UI's
/// (`emb_params`, or `string_to_param.*` as its pickles have it), pairs for SDXL's two text encoders (`clip_l` with `clip_g`,
/// or `text_encoders_0` with `_1`), and diffusers' (one tensor, called what prompts call it).
public struct TextualInversion: Sendable {
    /// The most vectors that one may have: as many as tokens fit into a chunk.
    public static let maximumVectorCount = 75

    /// The file's base name, for messages.
    public let file: String
    /// What the file says that prompts call it, where it does: `<cat-toy>`.
    public let token: String?

    /// `[V, width]`, float32, for each text encoder that it was made for: one, or SDXL's two.
    private let vectors: [HostTensor]

    /// Reads the tensors of `file`.
    ///
    /// - Throws: ``CheckpointError/notEmbedding(file:expected:found:)``.
    public init(_ file: some TensorFile) throws(CheckpointError) {
        try self.init(file.entries.map(\.key), file: file.name) { file[$0] }
    }

    /// Reads `tensors` that another kind of file carries along, as LoRA files may; `file` is its base name.
    ///
    /// - Throws: ``CheckpointError/notEmbedding(file:expected:found:)``.
    public init(tensors: [String: HostTensor], file: String) throws(CheckpointError) {
        try self.init(tensors.keys.sorted(), file: file) { tensors[$0] }
    }

    private init(
        _ keys: [String], file: String, tensor: (String) -> HostTensor?
    ) throws(CheckpointError) {
        let pair = [["clip_l", "clip_g"], ["text_encoders_0", "text_encoders_1"]].first { $0.allSatisfy(keys.contains) }
        let known = ["emb_params", "string_to_param.*"].first(where: keys.contains)
        guard let names = pair ?? known.map({ [$0] }) ?? (keys.count == 1 ? keys : nil) else {
            throw .notEmbedding(
                file: file,
                expected: "a tensor emb_params, a pair clip_l and clip_g, or one tensor that is called after its word",
                found: keys.isEmpty ? "no tensor" : "\(keys.count) tensors (\(keys.listing))")
        }
        var vectors: [HostTensor] = []
        for name in names {
            guard let tensor = tensor(name) else { continue }
            vectors.append(try Self.checked(tensor, name, file: file))
        }
        guard Set(vectors.map { $0.shape[0] }).count == 1 else {
            throw .notEmbedding(
                file: file, expected: "as many vectors for one text encoder as for the other",
                found: vectors.map { "\($0.shape[0])" }.joined(separator: " and "))
        }
        self.file = file
        self.vectors = vectors
        token = pair == nil && known == nil ? names[0] : nil
    }

    /// How many tokens it stands for.
    public var vectorCount: Int { vectors[0].shape[0] }

    /// The widths of the text encoders that it was made for.
    public var widths: [Int] { vectors.map(\.shape.channels) }

    /// `[V, width]` for each text encoder of a model whose encoders are `widths` wide.
    ///
    /// The second of a pair also serves SDXL's refiner, whose only encoder is the same.
    ///
    /// - Throws: ``CheckpointError/otherEmbedding(file:widths:expected:)``.
    public func vectors(forWidths widths: [Int]) throws(CheckpointError) -> [HostTensor] {
        if self.widths == widths { return vectors }
        if vectors.count == 2, widths == [self.widths[1]] { return [vectors[1]] }
        throw .otherEmbedding(file: file, widths: self.widths, expected: widths)
    }

    /// `tensor` as `[V, width]` in float32.
    private static func checked(
        _ tensor: HostTensor, _ key: String, file: String
    ) throws(CheckpointError) -> HostTensor {
        let shape = tensor.shape
        let isVector = shape.rank == 1
        let count = isVector ? 1 : shape.rank == 2 ? shape[0] : 0
        guard (1...maximumVectorCount).contains(count), (1...16384).contains(shape.channels),
            [.float16, .bfloat16, .float32, .float64].contains(tensor.elementType)
        else {
            throw .notEmbedding(
                file: file, expected: "\"\(key.excerpt)\" to be [1 to \(maximumVectorCount), width], of real numbers",
                found: "\(tensor.elementType.rawValue) \(shape)")
        }
        let values = tensor.floats
        guard values.allSatisfy(\.isFinite) else {
            throw .notEmbedding(
                file: file, expected: "finite numbers in \"\(key.excerpt)\"", found: "NaN or infinity")
        }
        return HostTensor(values, shape: [count, shape.channels])
    }
}
