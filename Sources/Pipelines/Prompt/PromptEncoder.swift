import DaguerreCheckpoints
import DaguerreModels
public import DaguerreTensors
public import DaguerreTokenizers

/// Turns prompts with all their syntax into what the denoiser sees at each step.
///
/// A prompt without syntax that fits into one chunk gives what diffusers' pipelines give. Everything beyond follows the web
/// UI's wiki ("Features"): see ``DaguerreTokenizers/PromptSyntax``, ``DaguerreTokenizers/PromptTokens`` and
/// ``PromptOptions``. Chunks are encoded apart and joined; the pooled state is that of the first.
public struct PromptEncoder: Sendable {
    /// Rows times chunks that all conditions of a run may have.
    public static let maximumChunkCount = 2048

    private let zeroesEmptyNegative: Bool
    private let options: PromptOptions
    /// Keeps what it has encoded, so that a second pass over the same prompts takes no time.
    private var chunks: ChunkEncoder

    /// An encoder over `text`.
    ///
    /// - Parameters:
    ///   - text: the text encoders and their tokenizers.
    ///   - zeroesEmptyNegative: whether a negative prompt without words becomes zeros, as SDXL wants it.
    ///   - options: how prompts are read.
    ///   - encoders: a backend for each text encoder, through which adapters reach it; `backend` if there are none.
    ///   - backend: joins the states.
    /// - Throws: ``PipelineError/invalid(field:found:expected:)`` for a clip skip beyond an encoder's layers.
    public init(
        _ text: TextStack, zeroesEmptyNegative: Bool, options: PromptOptions = PromptOptions(),
        encoders: [any Backend]? = nil, on backend: any Backend
    ) throws(PipelineError) {
        let layerCount = text.parts.map(\.encoder.configuration.layerCount).min() ?? 0
        if let skip = options.clipSkip, !(1...max(1, layerCount)).contains(skip) {
            throw .invalid(field: "clip skip", found: "\(skip)", expected: "a number from 1 to \(layerCount)")
        }
        chunks = ChunkEncoder(
            text, options: options, encoders: encoders ?? text.parts.map { _ in backend }, joiningOn: backend)
        self.zeroesEmptyNegative = zeroesEmptyNegative
        self.options = options
    }

    /// Encodes all that `prompt` and `negativePrompt` say in the course of `steps`.
    ///
    /// Parts that are joined by `AND` are weighed against the negative prompt, which is therefore encoded without guidance
    /// too if there are several.
    ///
    /// - Parameters:
    ///   - prompt: what to draw.
    ///   - negativePrompt: what to keep away from.
    ///   - isGuided: whether the negative prompt is needed.
    ///   - steps: those of this pass.
    /// - Throws: `TokenizerError` for prompts that cannot be read or are too long; `CheckpointError` for textual inversions
    ///   that cannot be used; ``PipelineError``; `BackendError`.
    public mutating func callAsFunction(
        prompt: String, negativePrompt: String, isGuided: Bool, steps: PromptSchedule.Steps
    ) throws -> PromptPlan {
        let parts = try PromptSyntax.parse(prompt).parts
        let hasNegative = isGuided || parts.count > 1
        let negative = hasNegative ? try PromptSyntax.parse(negativePrompt, isNegative: true).parts : []
        let schedules = try (negative + parts).map {
            try PromptSchedule($0, steps: steps, syntax: options.emphasis.syntax)
        }
        let isZeroed =
            hasNegative && zeroesEmptyNegative && schedules[0].segments.allSatisfy(\.text.pieces.isEmpty)

        var conditions: [EncodedText] = []
        var numbers: [[PromptText]: Int] = [:]
        var segments: [PromptPlan.Segment] = []
        var chunkCount = 0
        for step in Set(schedules.flatMap { $0.segments.map(\.lastStep) }).sorted() {
            let texts = schedules.map { $0.text(at: step) }
            let number = numbers[texts] ?? conditions.count
            if number == conditions.count {
                let rows = try texts.map { try chunks.tokens($0) }
                let length = rows.map(\.chunkCount).max() ?? 1
                chunkCount += rows.count * length
                guard chunkCount <= Self.maximumChunkCount else {
                    throw TokenizerError.promptTooLong(
                        found: chunkCount, unit: "chunks in all its parts and steps", limit: Self.maximumChunkCount)
                }
                conditions.append(try chunks.encode(rows, chunkCount: length, zeroing: isZeroed ? 0 : nil))
                numbers[texts] = number
            }
            if segments.last?.condition == number { segments.removeLast() }
            segments.append(PromptPlan.Segment(lastStep: step, condition: number))
        }
        return PromptPlan(
            conditions: conditions, segments: segments, hasNegative: hasNegative,
            weights: parts.map { $0.weight?.value ?? 1 }, embeddings: chunks.usedEmbeddings)
    }
}
