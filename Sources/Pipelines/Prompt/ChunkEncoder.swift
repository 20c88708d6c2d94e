import DaguerreCheckpoints
import DaguerreModels
import DaguerreTensors
import DaguerreTokenizers

/// Encodes chunks of tokens with all text encoders of a model, each chunk once.
struct ChunkEncoder {
    /// A prompt's chunks for each text encoder.
    struct Row {
        let chunks: [[PromptChunk]]

        var chunkCount: Int { chunks.map(\.count).max() ?? 0 }
    }

    /// What a text encoder sees of a chunk; weights come afterwards.
    private struct Key: Hashable {
        let encoder: Int
        let ids: [Int]
        let embeddings: [PromptChunk.Embedding]
    }

    private struct Output {
        let states, pooled: Tensor
    }

    private let text: TextStack
    private let options: PromptOptions
    private let encoders: [any Backend]
    private let backend: any Backend
    /// For each text encoder, the textual inversions' names as its tokens, and a chunk without words.
    private let names: [EmbeddingNames]
    private var embeddings: [String: [HostTensor]] = [:]
    private var outputs: [Key: Output] = [:]

    init(_ text: TextStack, options: PromptOptions, encoders: [any Backend], joiningOn backend: any Backend) {
        precondition(encoders.count == text.parts.count, "a backend for each text encoder")
        self.text = text
        self.options = options
        self.encoders = encoders
        self.backend = backend
        let known = options.embeddings.names
        names = text.parts.map { EmbeddingNames(known, tokenizer: $0.tokenizer) }
    }

    /// The textual inversions that were read, sorted.
    var usedEmbeddings: [String] { embeddings.keys.sorted() }

    /// The chunks of `prompt` for each text encoder.
    mutating func tokens(_ prompt: PromptText) throws -> Row {
        var chunks: [[PromptChunk]] = []
        for (index, part) in text.parts.enumerated() {
            let tokens = try PromptTokens(
                prompt, tokenizer: part.tokenizer, length: text.chunkLength, names: names[index]
            ) { try vectors($0).first?.shape[0] ?? 0 }
            let limit = part.encoder.configuration.vocabularySize
            if let stray = tokens.chunks.lazy.flatMap(\.ids).first(where: { !(0..<limit).contains($0) }) {
                throw PipelineError.invalid(
                    field: "a token of the tokenizer", found: "\(stray)",
                    expected: "from 0 to less than the text encoder's vocab_size \(limit)")
            }
            chunks.append(tokens.chunks)
        }
        return Row(chunks: chunks)
    }

    /// The states of `rows`, filled up with chunks without words to `chunkCount`; those of row `zeroed` are zeros.
    mutating func encode(_ rows: [Row], chunkCount: Int, zeroing zeroed: Int?) throws -> EncodedText {
        var states: [Tensor] = []
        var pooled: [Tensor] = []
        let empty = try tokens(PromptText(""))
        let filled = rows.map { row in
            Row(
                chunks: zip(row.chunks, empty.chunks).map { chunks, empty in
                    chunks + [PromptChunk](repeating: empty[0], count: chunkCount - chunks.count)
                })
        }
        let needed = filled.enumerated().filter { $0.offset != zeroed }.map(\.element)
        for encoder in text.parts.indices { try encode(needed.flatMap { $0.chunks[encoder] }, encoder) }
        for (index, row) in filled.enumerated() {
            if index == zeroed {
                states.append(try zeros([1, chunkCount * text.chunkLength, text.width]))
                pooled.append(try zeros([1, text.pooledWidth]))
            } else {
                states.append(try join(row))
                pooled.append(try output(row.chunks.count - 1, row.chunks[row.chunks.count - 1][0]).pooled)
            }
        }
        return EncodedText(states: try joinRows(states), pooled: try joinRows(pooled))
    }

    // MARK: One text encoder

    /// Encodes those of `chunks` that were not encoded before, a few at once so that memory stays small.
    private mutating func encode(_ chunks: [PromptChunk], _ index: Int) throws {
        var seen: Set<Key> = []
        var missing = chunks.filter { outputs[key(index, $0)] == nil && seen.insert(key(index, $0)).inserted }[...]
        while !missing.isEmpty {
            let batch = missing.prefix(Self.batchSize)
            missing = missing.dropFirst(Self.batchSize)
            for (chunk, output) in try zip(batch, encode(batch: Array(batch), index)) {
                outputs[key(index, chunk)] = output
            }
        }
    }

    private mutating func encode(batch: [PromptChunk], _ index: Int) throws -> [Output] {
        let encoder = text.parts[index].encoder
        let backend = encoders[index]
        var inserted: [CLIPTextEncoder.InsertedVectors] = []
        for (row, chunk) in batch.enumerated() {
            for embedding in chunk.embeddings {
                let vectors = try vectors(embedding.name)[index]
                inserted.append(.init(row: row, position: embedding.positions.lowerBound, vectors: vectors))
            }
        }
        let output = try encoder(batch.map(\.ids), inserting: inserted, on: backend)
        let states = try text.states(output, of: encoder, clipSkip: options.clipSkip, on: backend)
        return batch.indices.map { row in
            Output(states: states.slice(row..<row + 1), pooled: output.pooled.slice(row..<row + 1))
        }
    }

    /// Chunks that a text encoder takes at once: those of an ordinary prompt with its negative.
    private static let batchSize = 2

    private func key(_ encoder: Int, _ chunk: PromptChunk) -> Key {
        Key(encoder: encoder, ids: chunk.ids, embeddings: chunk.embeddings)
    }

    private mutating func output(_ encoder: Int, _ chunk: PromptChunk) throws -> Output {
        try outputs[key(encoder, chunk)] ?? encode(batch: [chunk], encoder)[0]
    }

    /// The vectors of the textual inversion called `name`, for each text encoder.
    private mutating func vectors(_ name: String) throws -> [HostTensor] {
        if let known = embeddings[name] { return known }
        let widths = text.parts.map(\.encoder.configuration.width)
        let vectors = try options.embeddings.embedding(name)?.vectors(forWidths: widths) ?? []
        embeddings[name] = vectors
        return vectors
    }

    // MARK: Joining

    /// The states of a prompt's chunks behind each other, of its text encoders side by side: `[1, T, width]`.
    private mutating func join(_ row: Row) throws -> Tensor {
        var states: [Tensor] = []
        for (encoder, chunks) in row.chunks.enumerated() {
            let parts = try chunks.map { chunk in
                let states = try output(encoder, chunk).states
                return try emphasised(states, chunk.weights, on: encoders[encoder])
                    .reshaped([states.shape[1], states.shape[2]])
            }
            states.append(try joinRows(parts))
        }
        let joined = states.count == 1 ? states[0] : try backend.concatenateChannels(states)
        return joined.reshaped([1, joined.shape[0], joined.shape[1]])
    }

    private func joinRows(_ rows: [Tensor]) throws -> Tensor {
        rows.count == 1 ? rows[0] : try backend.concatenateBatch(rows)
    }

    private func zeros(_ shape: Shape) throws -> Tensor {
        try backend.upload(
            HostTensor([Float](repeating: 0, count: shape.elementCount), shape: shape), as: backend.activationType)
    }

    /// `states [1, T, width]` with each token's multiplied by its weight.
    private func emphasised(_ states: Tensor, _ weights: [Double], on backend: any Backend) throws -> Tensor {
        guard weights.contains(where: { $0 != 1 }) else { return states }
        let before = try backend.download(states).floats
        let width = states.shape.channels
        var after = before.enumerated().map { $1 * Float(weights[$0 / width]) }
        if options.emphasis == .original {
            let mean = { (values: [Float]) in values.reduce(0.0) { $0 + Double($1) } }
            let factor = mean(before) / mean(after)
            if factor.isFinite { after = after.map { $0 * Float(factor) } }
        }
        return try backend.upload(HostTensor(after, shape: states.shape), as: states.elementType)
    }
}

extension TextStack {
    /// The states that the denoiser looks at: those of the layer `clipSkip` from the end, or of the family's own.
    fileprivate func states(
        _ output: CLIPTextEncoder.Output, of encoder: CLIPTextEncoder, clipSkip: Int?, on backend: any Backend
    ) throws -> Tensor {
        let skip = clipSkip ?? (layer == .last ? 1 : 2)
        let states = output.hiddenStates[max(0, output.hiddenStates.count - skip)]
        return switch layer {
        case .last where skip == 1: output.lastHiddenState
        case .last: try encoder.normalised(states, on: backend)
        case .penultimate: states
        }
    }
}
