public import DaguerreCheckpoints
import DaguerreModels
public import DaguerrePipelines
public import DaguerreTokenizers

/// What becomes of a prompt before it is drawn, found without reading a weight.
public struct PromptInspection: Sendable {
    /// A token of a chunk, or an embedding in place of tokens.
    public struct Token: Hashable, Sendable {
        /// What it reads: a piece of a word in small letters, or an embedding's name.
        public let text: String
        /// Its number; nil for an embedding.
        public let id: Int?
        /// Places that it takes.
        public let count: Int
        /// How much it counts.
        public let weight: Double
    }

    /// What one part of the prompt says during some steps.
    public struct Saying: Sendable {
        /// When, counted from 1.
        public let steps: [ClosedRange<Int>]
        /// Words with their weights.
        public let text: PromptText
        /// The words' tokens, chunk by chunk.
        public let chunks: [[Token]]
    }

    /// What one part of the prompt says in the course of a run.
    public struct Part: Sendable {
        /// How much of it to take.
        public let weight: Double
        /// Each thing once, in the order of their first steps.
        public let sayings: [Saying]
    }

    /// What the prompt says.
    public let syntax: PromptSyntax
    /// The parts that `AND` joins: mostly one.
    public let parts: [Part]
    /// How many tokens a chunk holds: 75.
    public let chunkCapacity: Int
    /// The name of the model whose vocabulary it was.
    public let model: String

    /// Reads `prompt` with the vocabulary of the model in the binary.
    ///
    /// - Throws: as ``init(_:isNegative:steps:emphasis:embeddings:modelAt:)``.
    public init(
        _ prompt: String, isNegative: Bool = false, steps: Int, emphasis: PromptOptions.Emphasis = .original,
        embeddings: EmbeddingLibrary = EmbeddingLibrary()
    ) throws {
        try self.init(prompt, isNegative, steps, emphasis, embeddings, builtinModelFiles())
    }

    /// Reads `prompt` with the vocabulary of the model at `path`.
    ///
    /// - Throws: `TokenizerError` for a prompt that cannot be read; `CheckpointError`, `ModelError`, `SamplingError` for a
    ///   model or an embedding that cannot.
    public init(
        _ prompt: String, isNegative: Bool = false, steps: Int, emphasis: PromptOptions.Emphasis = .original,
        embeddings: EmbeddingLibrary = EmbeddingLibrary(), modelAt path: String,
        options: EngineOptions = EngineOptions()
    ) throws {
        try self.init(prompt, isNegative, steps, emphasis, embeddings, ModelLocation(path).files(options))
    }

    private init(
        _ prompt: String, _ isNegative: Bool, _ steps: Int, _ emphasis: PromptOptions.Emphasis,
        _ embeddings: EmbeddingLibrary, _ files: any ModelFiles
    ) throws {
        let reader = try ModelReader(files)
        let chunker = Chunker(
            tokenizer: try reader.tokenizers()[0], length: reader.text.map(\.configuration.maximumLength).min() ?? 2,
            widths: reader.text.map(\.configuration.width), embeddings: embeddings)
        syntax = try PromptSyntax.parse(prompt, isNegative: isNegative)
        parts = try syntax.parts.map { part in
            let schedule = try PromptSchedule(part, steps: .init(count: steps), syntax: emphasis.syntax)
            return Part(weight: part.weight?.value ?? 1, sayings: try chunker.sayings(schedule))
        }
        chunkCapacity = chunker.length - 2
        model = files.name
    }
}

/// Cuts what a prompt says into tokens.
private struct Chunker {
    let tokenizer: CLIPTokenizer
    let length: Int
    let widths: [Int]
    let embeddings: EmbeddingLibrary

    /// Each thing that `schedule` says, once.
    func sayings(_ schedule: PromptSchedule) throws -> [PromptInspection.Saying] {
        var texts: [PromptText] = []
        var steps: [PromptText: [ClosedRange<Int>]] = [:]
        var first = 1
        for segment in schedule.segments {
            if steps[segment.text] == nil { texts.append(segment.text) }
            steps[segment.text, default: []].append(first...segment.lastStep)
            first = segment.lastStep + 1
        }
        let names = EmbeddingNames(embeddings.names, tokenizer: tokenizer)
        return try texts.map { text in
            let tokens = try PromptTokens(text, tokenizer: tokenizer, length: length, names: names) { name in
                try embeddings.embedding(name)?.vectors(forWidths: widths)[0].shape[0] ?? 0
            }
            return PromptInspection.Saying(
                steps: steps[text] ?? [], text: text, chunks: tokens.chunks.map(self.tokens))
        }
    }

    private func tokens(_ chunk: PromptChunk) -> [PromptInspection.Token] {
        var tokens: [PromptInspection.Token] = []
        var position = 1
        while position <= chunk.contentCount {
            if let embedding = chunk.embeddings.first(where: { $0.positions.lowerBound == position }) {
                tokens.append(
                    .init(
                        text: embedding.name, id: nil, count: embedding.positions.count, weight: chunk.weights[position]
                    ))
                position = embedding.positions.upperBound
            } else {
                let id = chunk.ids[position]
                tokens.append(
                    .init(text: tokenizer.decode([id]), id: id, count: 1, weight: chunk.weights[position]))
                position += 1
            }
        }
        return tokens
    }
}
