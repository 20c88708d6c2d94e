import DaguerreModels
import DaguerreSampling
import DaguerreTensors
import DaguerreTokenizers

/// A model and what its text encoders make of a request's prompts.
struct PromptedModel {
    private let model: DiffusionModel
    private let text: EncodedText
    private let isGuided: Bool

    /// Encodes the prompts; what is cut off them becomes a warning.
    init(
        _ model: DiffusionModel, _ request: DiffusionRequest, warnings: inout [String], on backend: some Backend
    ) throws {
        self.model = model
        isGuided = request.guidance > 1 && model.unet.configuration.timeConditionWidth == nil
        text = try model.encode(request, isGuided: isGuided, warnings: &warnings, on: backend)
    }

    /// The part of a denoising at `size` that `part` says.
    func stage(
        _ request: DiffusionRequest, _ size: PixelSize, steps: Int, _ part: SamplingPart,
        _ sampler: SamplerConfiguration, on backend: some Backend
    ) throws -> GenerationPlan.Stage {
        let plan = try SamplingRun(sampler, stepCount: steps, part: part)
        let added = model.addedConditions(request.conditions, pooled: text.pooled, drawn: size, isGuided: isGuided)
        let time = try model.unet.timeStates(
            plan.evaluations.map(\.timestep), guidance: request.guidance, added: added, on: backend)
        let conditions = StepConditions(
            firstStep: 0, text: try model.unet.textStates(text.states, on: backend), time: time, weights: [1])
        let loop = DenoisingLoop(
            unet: model.unet, conditions: [conditions],
            guidance: isGuided ? (request.guidance, request.guidanceRescale) : nil)
        return GenerationPlan.Stage(plan: plan, loop: loop)
    }
}

extension DiffusionModel {
    /// What the text encoders make of the prompt; with guidance, of the negative prompt before it.
    fileprivate func encode(
        _ request: DiffusionRequest, isGuided: Bool, warnings: inout [String], on backend: some Backend
    ) throws -> EncodedText {
        let length = text.chunkLength
        let prompts = (isGuided ? [("negative prompt", request.negativePrompt)] : []) + [("prompt", request.prompt)]
        var tokens: [[[Int]]] = []
        for (index, part) in text.parts.enumerated() {
            var rows: [[Int]] = []
            for (name, prompt) in prompts {
                let chunk = part.tokenizer.chunk(prompt, length: length)
                if chunk.droppedCount > 0, index == 0 {
                    let text = chunk.droppedText.count > 200 ? "\(chunk.droppedText.prefix(200))…" : chunk.droppedText
                    warnings.append("the \(name) is longer than \(length - 2) tokens; this was left out: \(text)")
                }
                let limit = part.encoder.configuration.vocabularySize
                if let stray = chunk.ids.first(where: { !(0..<limit).contains($0) }) {
                    throw PipelineError.invalid(
                        field: "a token of the tokenizer", found: "\(stray)",
                        expected: "from 0 to less than the text encoder's vocab_size \(limit)")
                }
                rows.append(chunk.ids)
            }
            tokens.append(rows)
        }
        let encoded = try text.encode(tokens, on: backend)
        guard isGuided, zeroesEmptyNegative, request.negativePrompt.isEmpty else { return encoded }
        return EncodedText(
            states: try withoutFirst(encoded.states, on: backend), pooled: try withoutFirst(encoded.pooled, on: backend)
        )
    }

    /// The same with the first row made zeros.
    private func withoutFirst(_ x: Tensor, on backend: some Backend) throws -> Tensor {
        let first = x.slice(0..<1)
        return try backend.concatenateBatch([backend.weightedSum([(0, first)]), x.slice(1..<x.shape[0])])
    }
}
